package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

// message is the text of an error, which calls what the verb has flags for by these:
// --ef-search for EfSearch of package db and for ef_search of a server.
func message(verb *cobra.Command, err error) string {
	text := db.Named(err, func(field string) string { return flagOf(verb, api.FieldName(field)) })
	if e, ok := errors.AsType[*client.Error](err); ok {
		text = strings.Replace(text, e.Message, flagged(verb, e), 1)
	}
	return text
}

// flagOf is the flag that sets a field of the API, or the field if there is none.
func flagOf(verb *cobra.Command, field string) string {
	name := strings.ReplaceAll(field, "_", "-")
	if field == "tokens" {
		name = "chunk"
	}
	f := verb.Flags().Lookup(name)
	switch {
	case f == nil || f.Hidden:
		return field
	case f.Name == f.Shorthand:
		return "-" + f.Name
	}
	return "--" + f.Name
}

// words are names of fields, and quoted values, which stay.
var words = regexp.MustCompile(`"[^"]*"|[a-z][a-z_]*`)

// flagged is the message of a server with flags for the fields of the API: for those whose
// name can be nothing else, and for the one whose value the server refuses.
func flagged(verb *cobra.Command, e *client.Error) string {
	switch e.Code {
	case "invalid_request", "invalid_query", "invalid_options", "limit_exceeded":
	default:
		return e.Message
	}
	fault := e.Param[strings.LastIndexByte(e.Param, '.')+1:]
	return words.ReplaceAllStringFunc(e.Message, func(word string) string {
		if word == fault || strings.Contains(word, "_") && word[0] != '"' {
			if word == fault {
				fault = "" // once: it may be a word, too
			}
			return flagOf(verb, word)
		}
		return word
	})
}

// isUsage reports whether an error is one of the command line: also one that a server found
// in what the flags said.
func isUsage(err error) bool {
	if _, ok := errors.AsType[usage.Error](err); ok {
		return true
	}
	e, ok := errors.AsType[*client.Error](err)
	return ok && e.Code == "invalid_request"
}
