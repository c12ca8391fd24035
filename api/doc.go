// Package api is the form in which documents, queries and answers travel: as JSON
// over HTTP and MCP, and in the output of the command line. The server, the client
// and the shell share these types, so a field that is added here is added to all
// of them.
//
// Conversions go by one pattern: FromDocument, FromQuery, … make the wire form of
// a value of package db, and the method DB makes the value again. A test fails if a
// field of package db has no counterpart here.
//
// The struct tags serve three readers. json is read by both encoding/json and
// go-json-experiment/json, so numbers are left out with omitzero: the second keeps
// a 0 under omitempty. doc, minimum, enum and their like describe the API in
// OpenAPI. query names the parameters of a URL.
package api
