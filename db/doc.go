// Package db is the embedded database: collections of documents, found by
// meaning.
//
//	d, err := db.Open("data", &db.Options{Embedder: builtin.New()})
//	c, err := d.Collection(ctx, "notes", nil)
//	_, err = c.Upsert(ctx, db.Document{ID: "1", Text: "서울의 봄은 짧다", Metadata: db.Metadata{"lang": "ko"}})
//	matches, err := c.Search(ctx, db.Query{Text: "spring in Seoul", K: 5, Filter: filter.Eq("lang", "ko")})
//
// # Two stages
//
// An embedding of a Matryoshka model holds a shorter one: its head, the first
// HeadDims of Dims dimensions. The heads live as one byte per dimension in a
// graph (package hnsw) that proposes candidates fast; the full vectors decide
// the order exactly. Query.Exact skips the graph and is the oracle that
// everything else is tested against.
//
// # What is true and what is derived
//
// One Badger store holds documents, vectors and a change log, and a write is
// one transaction of it. The graph, its codes, the file of vector rows and the
// metadata columns are derived: they carry the sequence number they have seen
// and checksums, and are replayed or rebuilt when in doubt.
//
//	write:  embed → commit (Badger, fsync) → codes, rows, columns → graph → visible
//	read:   embed → graph (heads, int8) → rerank (full, f32) → documents (Badger)
//
// # Invariants
//
//  1. Nothing is searchable before it is committed, and a write is
//     acknowledged only when it is both.
//  2. Batches become visible in the order of their sequence numbers, each as a
//     whole: a search asks every candidate whether it was born before, and had
//     not died by, the newest visible batch when the search began.
//  3. A node's number, code and row are reused only after the graph has been
//     repaired and every search that could hold the node has ended.
//
// # Locks
//
// DB.mu guards the table of open collections. Collection.linking keeps snapshots
// from seeing half a batch, and Collection.filing keeps documents from coming to a
// source that InsertChunks has found to have none. Searches take no locks but
// those of counting.
package db
