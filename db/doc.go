// Package db is the embedded database: collections of documents with dense, lexical
// and hybrid search.
//
//	d, err := db.Open("data", &db.Options{Embedder: builtin.New()})
//	c, err := d.Collection(ctx, "notes", nil)
//	_, err = c.Upsert(ctx, db.Document{ID: "1", Text: "서울의 봄은 짧다", Metadata: db.Metadata{"lang": "ko"}})
//	matches, err := c.Search(ctx, db.Query{Text: "spring in Seoul", K: 5, Filter: filter.Eq("lang", "ko")})
//
// # Two stages
//
// The embeddings of a Matryoshka model contain a shorter embedding, the head: the
// first HeadDims of Dims dimensions. The heads are stored with one byte per
// dimension in a graph (package hnsw), which proposes candidates quickly. The full
// vectors then rank them exactly. Where the head is weak, or there is none, the graph
// has four bits for each of all dimensions instead. Query.Exact skips the graph; the
// approximate search is tested against it.
//
// # Store and derived state
//
// One Badger store holds the documents, their vectors and a change log. A write is
// one transaction. The graph, its codes, the file of vector rows, the lexical index
// and the metadata columns are derived from the store. They record the last
// sequence number that they contain, and checksums. If they are behind they are
// replayed; if they are damaged they are rebuilt.
//
//	write:  embed → commit (Badger, fsync) → codes, rows, columns → graph → visible
//	read:   embed → graph or sketches → rerank (full, f32) → documents (Badger)
//
// # Invariants
//
//  1. Nothing is searchable before it is committed. A write is acknowledged when
//     it is committed and searchable.
//  2. Batches become visible whole, in the order of their sequence numbers. A
//     search sees the newest batch that was visible when it began.
//  3. A call runs on one version of its collection, with that version's model. If
//     Reembed switches versions meanwhile, the call runs again on the new one.
//
// # Locks
//
// A Collection is a name and an atomic pointer to its current version. DB.mu guards
// the table of open collections, and Collection.changing admits one change of the
// model at a time. The locks of a version are described in package index. Searches
// take no locks except to count readers.
package db
