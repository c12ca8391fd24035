package store

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"

	"github.com/dgraph-io/badger/v4"
)

// Fault is a place where the store contradicts its invariants.
type Fault struct {
	ID     string // of the document, if known
	Node   uint32
	Detail string

	// key is what Mend deletes, or sets to value; nil: there is no mending.
	key, value []byte
	live       bool // Mend counts the documents again
}

// Mendable says whether Mend can do something about it.
func (f *Fault) Mendable() bool { return f.key != nil || f.live }

// VerifyChecksums reads every block of every table.
func (s *Store) VerifyChecksums() error {
	if err := s.bdb.VerifyChecksum(); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}

// Check compares the keys of a collection with each other: ids with documents,
// documents with vectors, tombstones, counters and the change log. It calls
// found for each contradiction.
func (v *View) Check(cid uint32, dims int, found func(Fault)) error {
	c := checker{v: v, cid: cid, dims: dims, found: found}
	c.st.info.ID = cid
	if err := c.st.read(v); err != nil {
		return err
	}
	c.docs, c.damaged = make([]bool, c.st.next), make(map[uint32]error)
	c.names, c.seed, c.led = make([]uint64, c.st.next), maphash.MakeSeed(), make(map[string]bool)
	for _, check := range []func() error{c.documents, c.ids, c.vectors, c.tombstones, c.log} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

type checker struct {
	v     *View
	cid   uint32
	dims  int
	st    state
	docs  []bool   // by node
	names []uint64 // hashes of the documents' ids, by node; 0 if they are not known
	seed  maphash.Seed
	led   map[string]bool // ids that led astray, and whose documents are there
	found func(Fault)

	damaged map[uint32]error // documents whose records can't be read
}

func (c *checker) has(node uint32) bool { return int(node) < len(c.docs) && c.docs[node] }

func (c *checker) documents() error {
	var n uint64
	type stray struct {
		id       string
		node, at uint32 // where it is, and where its id leads
	}
	var astray []stray
	for item, err := range c.v.items(prefix(keyDocument, c.cid), nil, 256) {
		if err != nil {
			return err
		}
		node := nodeOf(item.Key())
		var r *Record
		if err := item.Value(func(b []byte) (err error) { r, err = DecodeRecord(b, WithAll); return err }); err != nil {
			// A document that can't be read is one all the same: its id and its
			// vector stay.
			n++
			c.damaged[node] = err
			if int(node) < len(c.docs) {
				c.docs[node] = true
			}
			continue
		}
		n++
		if node >= c.st.next {
			c.found(Fault{ID: r.ID, Node: node, Detail: fmt.Sprintf("node is not below %d, the next to be given", c.st.next)})
			continue
		}
		c.docs[node], c.names[node] = true, maphash.String(c.seed, r.ID)
		if r.Seq > c.st.seq {
			c.found(Fault{ID: r.ID, Node: node, Detail: fmt.Sprintf("written by batch %d of %d", r.Seq, c.st.seq)})
		}
		at, ok, err := c.v.Node(c.cid, r.ID)
		switch {
		case err != nil:
			return err
		case !ok:
			c.found(Fault{
				ID: r.ID, Node: node, Detail: "the document's id does not lead to it",
				key: idKey(c.cid, r.ID), value: nodeValue(node),
			})
		case at != node:
			astray = append(astray, stray{r.ID, node, at})
		}
		if _, err := c.v.txn.Get(nodeKey(keyVector, c.cid, node)); err != nil {
			c.found(Fault{ID: r.ID, Node: node, Detail: "the document has no vector; " + writeAgain})
		}
	}
	for _, a := range astray {
		f := Fault{ID: a.id, Node: a.node, Detail: fmt.Sprintf("the document's id leads to node %d", a.at)}
		if c.has(a.at) && (c.names[a.at] == 0 || c.names[a.at] == maphash.String(c.seed, a.id)) {
			f.key = nodeKey(keyDocument, c.cid, a.node) // which has the document as it is now
		} else {
			f.key, f.value = idKey(c.cid, a.id), nodeValue(a.node)
			c.led[a.id] = true
		}
		c.found(f)
	}
	if n != c.st.live {
		c.found(Fault{Detail: fmt.Sprintf("%d documents are counted, %d are there", c.st.live, n), live: true})
	}
	return nil
}

const writeAgain = "write it again, or restore a backup"

func (c *checker) ids() error {
	for id, err := range c.v.IDs(c.cid, "") {
		if err != nil {
			return err
		}
		if damage := c.damaged[id.Node]; damage != nil {
			c.found(Fault{ID: id.ID, Node: id.Node, Detail: fmt.Sprintf("%v; %s", damage, writeAgain)})
			delete(c.damaged, id.Node)
		}
		switch {
		case c.led[id.ID]: // it is led back
		case !c.has(id.Node):
			c.found(Fault{ID: id.ID, Node: id.Node, Detail: "the id leads to a node without a document", key: idKey(c.cid, id.ID)})
		case c.names[id.Node] != 0 && c.names[id.Node] != maphash.String(c.seed, id.ID):
			c.found(Fault{ID: id.ID, Node: id.Node, Detail: "the id leads to the document of another", key: idKey(c.cid, id.ID)})
		}
	}
	for node, damage := range c.damaged {
		c.found(Fault{Node: node, Detail: damage.Error()})
	}
	return nil
}

func (c *checker) vectors() error {
	return c.v.Vectors(c.cid, 0, math.MaxUint32, func(node uint32, b []byte) error {
		var norm float64
		for _, x := range DecodeVector(nil, b) {
			norm += float64(x) * float64(x)
		}
		id := func() string {
			if r, ok, err := c.v.Record(c.cid, node, 0); err == nil && ok {
				return r.ID
			}
			return ""
		}
		switch {
		case !c.has(node):
			c.found(Fault{Node: node, Detail: "a vector without a document", key: nodeKey(keyVector, c.cid, node)})
		case len(b) != 4*c.dims:
			c.found(Fault{ID: id(), Node: node, Detail: fmt.Sprintf("the vector has %d bytes, want %d; %s", len(b), 4*c.dims, writeAgain)})
		case !(math.Abs(norm-1) < 1e-3):
			c.found(Fault{ID: id(), Node: node, Detail: fmt.Sprintf("the vector's length is %g, want 1; %s", math.Sqrt(norm), writeAgain)})
		}
		return nil
	})
}

func (c *checker) tombstones() error {
	for node, err := range c.v.Dead(c.cid) {
		if err != nil {
			return err
		}
		if c.has(node) {
			c.found(Fault{Node: node, Detail: "a live document with a tombstone", key: nodeKey(keyDead, c.cid, node)})
		}
		if node >= c.st.next {
			c.found(Fault{Node: node, Detail: fmt.Sprintf("tombstone of a node that is not below %d", c.st.next), key: nodeKey(keyDead, c.cid, node)})
		}
	}
	return nil
}

func (c *checker) log() error {
	var last uint64
	for item, err := range c.v.items(prefix(keyLog, c.cid), nil, 256) {
		if err != nil {
			return err
		}
		seq := binary.BigEndian.Uint64(item.Key()[5:])
		if last != 0 && seq != last+1 {
			c.found(Fault{Detail: fmt.Sprintf("the change log goes from %d to %d", last, seq)})
		}
		last = seq
		if err := item.Value(func(b []byte) error { _, _, err := decodeLog(b); return err }); err != nil {
			c.found(Fault{Detail: fmt.Sprintf("change log at %d: %v", seq, err)})
		}
	}
	if last != 0 && last != c.st.seq {
		c.found(Fault{Detail: fmt.Sprintf("the change log ends at %d, the newest batch is %d", last, c.st.seq)})
	}
	return nil
}

// Mend takes the contradictions away that can be. Nothing of the collection
// may be written meanwhile, and what is derived from it is wrong afterwards.
func (s *Store) Mend(cid uint32, faults []Fault) error {
	var next *state
	return s.do(func(txn *badger.Txn) error {
		for _, f := range faults {
			var err error
			switch {
			case f.key == nil:
			case f.value != nil:
				err = txn.Set(f.key, f.value)
			default:
				err = txn.Delete(f.key)
			}
			if err != nil {
				return &partialError{err}
			}
		}
		s.mu.RLock()
		cur := s.states[cid]
		s.mu.RUnlock()
		if cur == nil {
			return ErrNoCollection
		}
		next = new(*cur)
		next.live = 0
		o := badger.DefaultIteratorOptions
		o.Prefix, o.PrefetchValues = prefix(keyDocument, cid), false
		it := txn.NewIterator(o)
		for it.Rewind(); it.Valid(); it.Next() {
			next.live++
		}
		it.Close()
		if err := txn.Set(prefix(keyState, cid), next.encode()); err != nil {
			return &partialError{err}
		}
		return nil
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.states[cid] != nil {
			s.states[cid] = next
		}
	})
}
