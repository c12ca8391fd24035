// Package store keeps the data of a frony-db database in one Badger store. All other
// state is derived from it. It is the only package that imports Badger: the layers
// above speak of collections, nodes and batches.
//
// # Keys
//
// All keys share one keyspace. The first byte says what a key is. Numbers within keys
// are big-endian, so that they sort.
//
//	'f'                         → format version (u32)
//	'c' name                    → collection: JSON of Info
//	'n'                         → the next collection number (u32)
//	's' cid u32                 → state: sequence u64, next node u32, live documents u64
//	'i' cid u32, document id    → node u32
//	'd' cid u32, node u32       → document record (see Record)
//	'v' cid u32, node u32       → full vector, dims × f32 little-endian
//	'x' cid u32, node u32       → tombstone: nothing; the node is dead and its number not free
//	'l' cid u32, sequence u64   → change-log entry: nodes born and nodes dead
//	'g' cid u32                 → the collection was dropped and its keys are garbage
//	'r' name                    → the collection's hidden version: JSON of Hidden
//	'h' timestamp u64           → name of the session that began then (see history.go)
//	't'                         → nothing; keeps timestamps growing (see keepTime)
//	0x00, 0x01, 0xff            → nothing; written by Compact
//
// # Invariants
//
//  1. A batch is one Badger transaction: all of its documents are written, or none.
//  2. A document id has at most one node. A node is live if it has a 'd' key and no
//     'x' key; the 'i' key of its document then points at it.
//  3. A node number is never reused while its 'x' key exists. An upsert gives the
//     document a new node and leaves the old one as a tombstone, so that a search
//     which began earlier still finds the documents it saw.
//  4. Sequence numbers of a collection grow by one per batch, without gaps: the log
//     from any snapshot's sequence onwards lists every change since.
//
// # Group commit
//
// Badger syncs its log once per transaction. A single goroutine, the committer,
// gathers the batches of all waiting writers and commits them as one transaction, so
// that concurrent writers share one fsync.
package store
