// Package chroma speaks Chroma's HTTP API, version 2, so that its clients work
// without a change. Requests become the operations that /v1 has, within its limits.
//
// # Names
//
// A collection of Chroma is a collection of the database under the same name, or
// under "tenant.database.name" outside of the default tenant and database. What
// Chroma keeps about it is a record in the collection "_chroma": its UUID, metadata
// and configuration. Nothing is cached: the store is asked each time. The database's
// other collections are in the default tenant and database, with UUIDs made of their
// names.
//
// # Embeddings
//
// The database stores unit vectors. The length of a document's embedding is kept in
// its metadata, where it is not 1, so that embeddings come back as they were sent and
// distances are those of Chroma. See space.
package chroma
