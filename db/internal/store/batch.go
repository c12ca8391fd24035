package store

import "fmt"

// Batch is what one writer wants done, all or nothing.
type Batch struct {
	Collection uint32
	Puts       []Put
	Deletes    []Delete
	// Insert makes a Put of an existing document fail with an ExistsError.
	Insert bool
	// Absent lists ids that must not exist; those that do cause an ExistsError.
	Absent []string
	// Exact takes ids as they are. Otherwise one that differs from a stored id by its
	// Unicode normalisation alone means the same document, which then has the new id.
	Exact bool
}

// Put writes one document. An id occurs at most once in a batch.
type Put struct {
	ID     string
	Record []byte // from AppendRecord
	Vector []byte // from AppendVector
	// Was, unless nil, is the version of the document that the put was made from.
	Was *Was
}

// Was is a version of a document.
type Was struct {
	Node uint32
	Seq  uint64 // of the batch that wrote it
	// Must fails the batch with ErrChanged if the document has another version by then.
	Must bool
	// Keeps says that the put has the text and the vector of the version: if that is
	// still the document's node, the record is written in its place, and the node lives on.
	Keeps bool
}

// Delete removes one document, if it exists.
type Delete struct {
	ID string
	// Node, unless it is AnyNode, is the version of the document to delete: a
	// document that was replaced in the meantime is kept.
	Node uint32
	// Seq, unless 0, is the batch that wrote the version to delete: a document whose
	// record was changed in its place is kept.
	Seq uint64
	// Former is set for what a Put replaces: it does not count as deleted.
	Former bool
}

// AnyNode deletes a document whatever its version.
const AnyNode = ^uint32(0)

// Committed is the outcome of a batch. It pins the state of the store before the
// batch until Release is called.
type Committed struct {
	Seq  uint64
	Last uint64   // the newest batch of the collection in the same transaction
	TS   uint64   // views at TS or later see the whole transaction
	Born []uint32 // the node of each Put
	Kept []bool   // of each Put: the node had been the document's before; nil: none
	Dead []uint32 // nodes replaced or deleted
	// Former are the ids of documents that were stored in another normalisation than
	// that of the Put or Delete.
	Former []string
	// Deleted is the number of Deletes that found their document.
	Deleted int

	release func()
}

// born are the nodes that the batch created.
func (c *Committed) born() []uint32 {
	if c.Kept == nil {
		return c.Born
	}
	var born []uint32
	for i, node := range c.Born {
		if !c.Kept[i] {
			born = append(born, node)
		}
	}
	return born
}

// Release ends the pin. The caller has made the batch visible.
func (c *Committed) Release() { c.release() }

// batchSize measures a batch as Badger does: by bytes and by keys.
type batchSize struct{ bytes, keys int64 }

func (a batchSize) plus(b batchSize) batchSize {
	return batchSize{a.bytes + b.bytes, a.keys + b.keys}
}

func (a batchSize) exceeds(limit batchSize) bool {
	return a.bytes > limit.bytes || a.keys > limit.keys
}

// size estimates what the batch takes in a transaction.
func (b *Batch) size() batchSize {
	const perKey = 40 // Badger's own estimate of a node and the key's head
	n := batchSize{6 * perKey, 6}
	for i := range b.Puts {
		p := &b.Puts[i]
		n = n.plus(batchSize{int64(len(p.ID)+len(p.Record)+len(p.Vector)) + 6*perKey, 6})
	}
	for i := range b.Deletes {
		n = n.plus(batchSize{int64(len(b.Deletes[i].ID)) + 4*perKey, 4})
	}
	return n
}

// maxBatch is the size of the largest batch that Commit accepts.
func (s *Store) maxBatch() batchSize {
	return batchSize{s.bdb.MaxBatchSize() * 9 / 10, s.bdb.MaxBatchCount() * 9 / 10}
}

// checkSize returns ErrTooLarge for a batch that does not fit in one transaction.
func (s *Store) checkSize(b *Batch) error {
	n, limit := b.size(), s.maxBatch()
	if !n.exceeds(limit) {
		return nil
	}
	return fmt.Errorf("%w: %d documents take %d bytes in %d keys, at most %d and %d fit",
		ErrTooLarge, len(b.Puts)+len(b.Deletes), n.bytes, n.keys, limit.bytes, limit.keys)
}
