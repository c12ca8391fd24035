// Package store keeps the documents of frameworks for agents in collections of a
// frony-db database, which is open in this process or at a server:
//
//	s, err := store.New(d, &store.Options{Collection: "notes"})        // d is a *db.DB or a *client.Client
//	ids, err := s.Add(ctx, store.Batch{Documents: docs})
//	found, err := s.Search(ctx, store.Search{Query: "spring in Seoul", K: 3, Filter: `lang = "ko"`})
//
// The stores for LangChainGo, Genkit and Eino beside it are thin: they translate
// the types of their framework. Use those where there is one, and this package to
// write another; package storetest has tests for it.
//
// # Ids and sources
//
// A document without an id gets one from its text and metadata, so that adding it
// again, also after a restart, changes nothing. A string "source" in the metadata is
// the document's Source in frony-db too, by which parts of a file are grouped.
//
// # Metadata
//
// It may be any JSON, and comes back as it was; numbers as int64 or float64, times as
// strings (RFC 3339). What frony-db has no type for, such as null, nested objects and
// lists of several types, is kept as JSON in one field; filters reach into it:
// author.name is a field, and [1, "a"] contains "1". The Python package writes the
// same form.
//
// # Scores
//
// Documents come in the order of the search, which looks for meaning and for words
// unless Options.Query has another Mode. Their score, to which thresholds apply, is
// the cosine of the embeddings of question and document: it is comparable across
// questions, but need not descend with the order. In the mode Dense it does. In the mode
// Lexical it is BM25.
package store
