// Package opensearch keeps collections in OpenSearch with its k-NN plugin, behind the
// interface of package engine: sharded, replicated, and used by any number of processes
// at a time.
//
//	import _ "github.com/fronyai/frony-db/engine/opensearch"
//
//	d, err := engine.Open(ctx, "opensearch://host:9200?shards=4&replicas=1", &db.Options{Embedder: e})
//
// # The URL
//
// opensearch://user:password@host:9200,host2:9200/prefix names some nodes of the cluster,
// of which one must answer, and what the names of indices begin with (frony).
// opensearchs:// speaks TLS. Behind ? there may be
//
//	shards    of new collections (1); it cannot be changed later
//	replicas  of new collections (as many as there are other nodes for, at most 1)
//	refresh   how a write becomes visible before it returns: true, at once; or wait_for,
//	          with the index's next refresh, for imports by many writers at a time
//	timeout   of an attempt (10s); an operation takes three times as long at most
//	tls, ca   true for TLS; a file of certificates to trust
//
// # What is where
//
// What a collection does with documents and questions is db.Rules, the same code as in
// package db. A collection is an index. OpenSearch keeps the documents and finds
// candidates:
//
//	_meta           name, settings (model, dims), and the alias that requests use
//	doc             the document, which is all that the source has
//	vector, words   the embedding and the terms, bit by bit, as doc values
//	head            the Matryoshka head, in an HNSW graph of Lucene
//	terms, sounds   the terms by their keys, for searches by words
//	columns, values, lists
//	                the fields, and the keys of their values, for filters
//	tx, dead        see below
//
// # A search
//
//  1. The documents of each of the question's terms are counted, and become weights. The
//     counts are kept while nothing is written.
//  2. The graph proposes candidates by their heads, and the full vectors rank them, in
//     the same request. The terms propose others: OpenSearch adds the BM25 of each term
//     with our weights, and the best are scored exactly here. If those that it left out
//     might be better, it is asked for more.
//  3. The candidates are ranked here by the code of package db, with the statistics of
//     the whole collection.
//
// # Filters
//
// As in package postgres: comparisons are exact in the index, by keys whose order is that
// of values. STARTS WITH, LIKE, ILIKE, and comparisons of ids other than = and IN are
// evaluated here.
//
// # Writes
//
// A document is in a slot: an _id made of its id. Every write names the version that it
// takes the place of, so that one that comes late does nothing. A deleted document leaves
// a tombstone in its slot for an hour: a late request to create it fails.
//
// A write whose answer was lost is looked for by its token, and made again if it is not
// there, for as long as the caller waits. Then the error is engine.ErrUnknownOutcome.
//
// # Transactions
//
// A replacement of a source is seen whole or not at all. The state of a collection's
// transactions is a document of the index, which is changed by comparing and setting:
//
//	next     the number of the next transaction
//	open     the one that runs: there is one at a time
//	done     those that are committed, with the slots that they emptied
//	dead     those that were given up
//
// A document has the number of the transaction that wrote it, 0 for none. A reader reads
// the state first, and then sees the documents of numbers below next, but for those of
// open and dead, and none in the emptied slots.
//
//  1. A transaction writes its documents to slots of its own, if others are in theirs.
//  2. It is committed by one change of the state.
//  3. After a time in which no reader can still have an older state, tombstones take the
//     emptied slots, and the transaction leaves done.
//
// Invariants:
//
//  1. Of the slots of an id, readers see one.
//  2. A slot that a transaction has emptied is not used again while it is in done. A
//     writer that finds its slot there after its write begins again.
//  3. A document without a current version is created in the first of its slots, so that
//     two who create it conflict. While that one is emptied, only a transaction creates
//     it, beside; and no transaction leaves done while another runs.
//  4. A transaction whose process has ended is given up by another, which has seen it
//     for longer than one may take.
package opensearch
