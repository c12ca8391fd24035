package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
)

// Fault is a place where the store breaks its invariants.
type Fault struct {
	ID     string // of the document, if known
	Node   uint32
	Detail string

	// key is what Mend deletes, or sets to value. Nil: nothing can be mended.
	key, value []byte
	live       bool  // Mend counts the documents again
	state      State // what the counters must be at least
}

// Mendable reports whether Mend can do something about the fault.
func (f *Fault) Mendable() bool { return f.key != nil || f.live }

// writeAgain is the way out where nothing can be mended.
const writeAgain = "write it again, or restore a backup"

// Check compares the keys of a collection with each other: ids with documents,
// documents with vectors, tombstones, counters and the change log. It calls found
// for each fault.
func (v *View) Check(cid uint32, dims int, found func(Fault)) error {
	st, err := v.StateOf(cid)
	if err != nil {
		return err
	}
	c := checker{
		v: v, cid: cid, dims: dims, st: st,
		docs:       make([]bool, st.Next),
		names:      make([]uint64, st.Next),
		seed:       maphash.MakeSeed(),
		restored:   make(map[string]bool),
		unreadable: make(map[uint32]error),
	}
	c.found = func(f Fault) {
		if c.holes { // what seems to be missing may be in a damaged block
			f.key, f.live = nil, false
		}
		found(f)
	}
	for _, check := range []func() error{c.checkDocuments, c.checkIDs, c.checkVectors, c.checkTombstones, c.checkLog} {
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
	st    State
	found func(Fault)

	docs       []bool   // by node: it has a document
	names      []uint64 // by node: hash of the document's id, 0 if unknown
	seed       maphash.Seed
	restored   map[string]bool  // ids that Mend points back at their documents
	unreadable map[uint32]error // documents whose records cannot be read
	astray     []stray
	holes      bool // some documents are in damaged blocks
}

// stray is a document whose id points at another node.
type stray struct {
	id       string
	node, at uint32
}

func (c *checker) has(node uint32) bool { return int(node) < len(c.docs) && c.docs[node] }

// hasID reports whether the document of a node has the id, as far as that is known.
func (c *checker) hasID(node uint32, id string) bool {
	return c.names[node] == 0 || c.names[node] == maphash.String(c.seed, id)
}

func (c *checker) checkDocuments() error {
	var n uint64
	for item, err := range c.v.items(prefix(keyDocument, c.cid), nil, 256) {
		if isHole(err) {
			c.found(Fault{Detail: "documents: " + err.Error()})
			c.holes = true
			break
		}
		if err != nil {
			return err
		}
		n++
		node := nodeOf(item.Key())
		var r *Record
		if err := item.Value(func(b []byte) (err error) { r, err = DecodeRecord(b, WithAll); return err }); err != nil {
			// An unreadable document still counts: its id and its vector are kept.
			c.unreadable[node] = err
			if int(node) < len(c.docs) {
				c.docs[node] = true
			}
			continue
		}
		if err := c.checkDocument(node, r); err != nil {
			return err
		}
	}
	c.reportStrays()
	if n != c.st.Live && !c.holes {
		c.found(Fault{Detail: fmt.Sprintf("the counter says %d documents, there are %d", c.st.Live, n), live: true})
	}
	return nil
}

func (c *checker) checkDocument(node uint32, r *Record) error {
	if node >= c.st.Next {
		c.found(Fault{ID: r.ID, Node: node, Detail: fmt.Sprintf("the node is not below %d, the next number", c.st.Next), live: true, state: State{Next: node + 1, Seq: r.Seq}})
		return nil
	}
	c.docs[node], c.names[node] = true, maphash.String(c.seed, r.ID)
	if r.Seq > c.st.Seq {
		c.found(Fault{ID: r.ID, Node: node, Detail: fmt.Sprintf("written by batch %d, the newest is %d", r.Seq, c.st.Seq), live: true, state: State{Seq: r.Seq}})
	}
	at, ok, err := c.v.Node(c.cid, r.ID)
	switch {
	case errors.Is(err, ErrCorrupt):
		c.found(Fault{ID: r.ID, Node: node, Detail: "the document's id: " + err.Error()})
	case err != nil:
		return err
	case !ok:
		c.found(Fault{
			ID: r.ID, Node: node, Detail: "the document's id does not lead to it",
			key: idKey(c.cid, r.ID), value: nodeValue(node),
		})
	case at != node:
		c.astray = append(c.astray, stray{r.ID, node, at})
	}
	item, err := c.v.s.item(c.v.txn, nodeKey(keyVector, c.cid, node))
	if err != nil {
		c.found(Fault{ID: r.ID, Node: node, Detail: "the document has no vector; " + writeAgain})
		return nil //nolint:nilerr // it is the fault
	}
	if err := item.Value(r.Verify); err != nil {
		c.found(Fault{ID: r.ID, Node: node, Detail: fmt.Sprintf("%v; %s", err, writeAgain)})
	}
	return nil
}

// reportStrays reports the documents whose ids point at another node, now that all
// documents are known. If that node has the id's current document, the stray one is
// deleted; otherwise the id is pointed back at it.
func (c *checker) reportStrays() {
	for _, a := range c.astray {
		f := Fault{ID: a.id, Node: a.node, Detail: fmt.Sprintf("the document's id leads to node %d", a.at)}
		if c.has(a.at) && c.hasID(a.at, a.id) {
			f.key = nodeKey(keyDocument, c.cid, a.node)
		} else {
			f.key, f.value = idKey(c.cid, a.id), nodeValue(a.node)
			c.restored[a.id] = true
		}
		c.found(f)
	}
}

func (c *checker) checkIDs() error {
	for id, err := range c.v.IDs(c.cid, "") {
		if isHole(err) {
			c.found(Fault{Detail: "ids: " + err.Error()})
			break
		}
		if err != nil {
			return err
		}
		if damage := c.unreadable[id.Node]; damage != nil {
			c.found(Fault{ID: id.ID, Node: id.Node, Detail: fmt.Sprintf("%v; %s", damage, writeAgain)})
			delete(c.unreadable, id.Node)
		}
		switch {
		case c.restored[id.ID]:
		case !c.has(id.Node):
			c.found(Fault{ID: id.ID, Node: id.Node, Detail: "the id leads to a node without a document", key: idKey(c.cid, id.ID)})
		case !c.hasID(id.Node, id.ID):
			c.found(Fault{ID: id.ID, Node: id.Node, Detail: "the id leads to the document of another", key: idKey(c.cid, id.ID)})
		}
	}
	for node, damage := range c.unreadable {
		c.found(Fault{Node: node, Detail: damage.Error()})
	}
	return nil
}

func (c *checker) checkVectors() error {
	return c.v.Vectors(c.cid, 0, math.MaxUint32, func(node uint32, b []byte) error {
		var sum float64
		for _, x := range DecodeVector(nil, b) {
			sum += float64(x) * float64(x)
		}
		switch {
		case !c.has(node):
			c.found(Fault{Node: node, Detail: "a vector without a document", key: nodeKey(keyVector, c.cid, node)})
		case len(b) != 4*c.dims:
			c.found(Fault{ID: c.idOf(node), Node: node, Detail: fmt.Sprintf("the vector has %d bytes, want %d; %s", len(b), 4*c.dims, writeAgain)})
		case !(math.Abs(sum-1) < 1e-3):
			c.found(Fault{ID: c.idOf(node), Node: node, Detail: fmt.Sprintf("the vector's length is %g, want 1; %s", math.Sqrt(sum), writeAgain)})
		}
		return nil
	})
}

// idOf is the id of a node's document, or empty if it cannot be read.
func (c *checker) idOf(node uint32) string {
	if r, ok, err := c.v.Record(c.cid, node, 0); err == nil && ok {
		return r.ID
	}
	return ""
}

func (c *checker) checkTombstones() error {
	for node, err := range c.v.Dead(c.cid) {
		if err != nil {
			return err
		}
		if c.has(node) {
			c.found(Fault{Node: node, Detail: "a live document with a tombstone", key: nodeKey(keyDead, c.cid, node)})
		}
		if node >= c.st.Next {
			c.found(Fault{Node: node, Detail: fmt.Sprintf("tombstone of a node that is not below %d", c.st.Next), key: nodeKey(keyDead, c.cid, node)})
		}
	}
	return nil
}

func (c *checker) checkLog() error {
	var last uint64
	for item, err := range c.v.items(prefix(keyLog, c.cid), nil, 256) {
		if isHole(err) {
			c.found(Fault{Detail: "change log: " + err.Error()})
			return nil
		}
		if err != nil {
			return err
		}
		seq := binary.BigEndian.Uint64(item.Key()[5:])
		if last != 0 && seq != last+1 {
			c.found(Fault{Detail: fmt.Sprintf("the change log goes from %d to %d", last, seq)})
		}
		last = seq
		if err := item.Value(func(b []byte) error { _, _, _, err := decodeLog(b); return err }); err != nil {
			c.found(Fault{Detail: fmt.Sprintf("change log at %d: %v", seq, err)})
		}
	}
	if last != 0 && last != c.st.Seq {
		c.found(Fault{Detail: fmt.Sprintf("the change log ends at %d, the newest batch is %d", last, c.st.Seq)})
	}
	return nil
}
