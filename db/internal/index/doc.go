// Package index is what one version of a collection derives from the store, and
// what searches it: the graph over the heads, the codes, the vector rows, the
// lexical index, the metadata columns, and the lives of all nodes.
//
// An Index knows a store handle, settings and a logger. It does not know names,
// models or the public types of package db: texts arrive with their embeddings,
// and results leave as nodes or records.
//
//	write:  Commit → store (one transaction) → rows, codes, terms, columns → graph → visible
//	read:   Read → a view of the store and the newest visible batch → Search, Document, …
//
// # Invariants
//
//  1. Nothing is searchable before it is committed, and Commit returns only when
//     the batch is both.
//  2. Batches become visible in the order of their sequence numbers, each as a
//     whole: a reader asks of every candidate whether it was born by, and had
//     not died by, the batch that was newest when the reader began.
//  3. A node's number, code and row are reused only after the graph has been
//     repaired and every reader that could hold the node has ended.
//  4. What is derived is never more true than the store. Whatever does not fit
//     is rebuilt, with a line in the log.
//
// # Locks
//
// linking is held for reading while a batch is linked, and for writing while a
// snapshot copies the state: a snapshot holds whole batches only. saving keeps
// snapshots apart from each other and from repairs. sources keeps replacements
// of sources apart, and filing keeps documents from joining a source that an
// insert has found to be empty. Searches take no locks but those of counting.
package index
