package store

// Batch is what one writer wants done, all or nothing.
type Batch struct {
	Collection uint32
	Puts       []Put
	Deletes    []Delete
	// Insert makes a Put of a document that exists an ExistsError.
	Insert bool
	// Absent are ids of which a document that exists is an ExistsError.
	Absent []string
}

// Put writes one document. Within a batch an id occurs once.
type Put struct {
	ID     string
	Record []byte // from AppendRecord
	Vector []byte // from AppendVector
}

// Delete removes one document, if it is there.
type Delete struct {
	ID string
	// Node, if not AnyNode, is the version of the document that is meant: a
	// document which was replaced meanwhile stays.
	Node uint32
}

// AnyNode deletes whatever version of a document there is.
const AnyNode = ^uint32(0)

// Committed says what a batch has become. It pins the state of the store
// before it, until Release is called.
type Committed struct {
	Seq  uint64
	Last uint64   // the newest batch of the collection in the same transaction
	TS   uint64   // views at TS or later see all of the transaction
	Born []uint32 // node of each Put
	Dead []uint32 // nodes replaced or deleted
	// Deleted is the number of Deletes that found their document.
	Deleted int

	release func()
}

// Release ends the pin: the caller has made the batch visible.
func (c *Committed) Release() { c.release() }

// Bytes is about what the batch takes in a transaction, and in how many keys.
func (b *Batch) Bytes() (bytes, keys int64) {
	const perKey = 40 // Badger's own estimate of a node and the key's head
	bytes, keys = 4*perKey, 4
	for i := range b.Puts {
		n, k := b.Puts[i].size()
		bytes, keys = bytes+n, keys+k
	}
	for i := range b.Deletes {
		bytes += int64(len(b.Deletes[i].ID)) + 4*perKey
	}
	return bytes, keys + int64(4*len(b.Deletes))
}

// PutBytes is what one more document with these sizes adds to Bytes.
func PutBytes(id, record, vector int) (bytes, keys int64) {
	const perKey = 40
	return int64(id+record+vector) + 6*perKey, 6
}

func (p *Put) size() (bytes, keys int64) {
	return PutBytes(len(p.ID), len(p.Record), len(p.Vector))
}
