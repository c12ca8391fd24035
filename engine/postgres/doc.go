// Package postgres keeps collections in PostgreSQL with pgvector, behind the interface
// of package engine. Any number of processes may use one database at a time.
//
//	import _ "github.com/fronyai/frony-db/engine/postgres"
//
//	d, err := engine.Open(ctx, "postgres://user@host/app", &db.Options{Embedder: e})
//
// # What is where
//
// What a collection does with documents and questions is db.Rules, the same code as in
// package db: checks, chunks, embedding, analysis of Korean and English words, patches,
// fusion, groups, snippets. PostgreSQL keeps the documents and finds candidates:
//
//	frony.collections    name, settings (model, dims), documents, length of their words
//	frony.aliases        names that lead to collections
//	frony.docs_N         documents: text, metadata, embedding, and "columns" for filters
//	  hnsw               over the Matryoshka heads, as halfvec
//	  gin                over columns
//	frony.words_N        the terms of each document and how often it has them; gin
//	frony.terms_N        how many documents have each term
//	frony.fields_N       the fields of the metadata and their types
//
// # A search
//
// One read-only transaction sees one state of the database.
//
//  1. The frequencies of the question's terms become weights (BM25).
//  2. The graph over the heads proposes candidates, and the full vectors rank them in
//     the same statement. The terms propose others: documents with the heaviest terms
//     are scored in SQL, until no document with only the lighter ones can be better.
//  3. The candidates, a few hundred, are ranked here by the code of package db, with the
//     statistics of the whole collection.
//
// # Filters
//
// A document's columns hold, for each field, the key of its value (db.Document.Columns),
// whose order is that of values. So comparisons, IN, CONTAINS and EXISTS are exact in
// SQL, for numbers, times and strings alike. STARTS WITH, LIKE, ILIKE, and comparisons of
// ids other than = and IN are evaluated here: the metadata of all documents that meet
// the rest of the filter is read for it.
//
// # Names
//
// Aliases and collections share one space of names, and have tables of their own: whoever
// gives a name holds the lock of that name. An alias refers to its collection by number,
// so a rename is one row, and every opening sees it or does not. A copy is filled within
// PostgreSQL, in one transaction.
//
// # Writes
//
// A write is one transaction. Writers of different documents run beside each other; a
// replacement of a source runs alone in its collection. Documents are embedded before
// the transaction. If one that was found unchanged has been changed by then, the write
// begins again.
package postgres
