package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Exporter receives what Export reads. The bytes are valid only during the call.
type Exporter struct {
	// Live is called first, with every live node in order.
	Live func(node uint32) error
	// Document is called with the sound documents, in order of their nodes.
	Document func(node uint32, record, vector []byte) error
	// Damaged is called with those that are not. The id is empty if it is not known.
	Damaged func(node uint32, id string, why error)
}

// Export reads a collection: which nodes live, and the documents that were written
// after the timestamp since. What it reads it compares with its checksums.
func (v *View) Export(cid uint32, since uint64, e Exporter) error {
	unread, err := v.exportLive(cid, e.Live)
	if err != nil {
		return err
	}
	damaged := make(map[uint32]error)
	if err := v.exportDocuments(cid, since, e.Document, damaged); isHole(err) {
		for _, id := range unread {
			damaged[id.Node] = err
		}
	} else if err != nil {
		return err
	}
	return v.exportDamaged(cid, damaged, e.Damaged)
}

// exportDocuments calls document with the sound documents, and adds the others to damaged.
func (v *View) exportDocuments(cid uint32, since uint64, document func(node uint32, record, vector []byte) error, damaged map[uint32]error) error {
	prefetch := 64
	if since > 0 {
		prefetch = 0 // most values are not needed
	}
	for item, err := range v.items(prefix(keyDocument, cid), nil, prefetch) {
		if err != nil {
			return err
		}
		if item.Version() <= since {
			continue
		}
		node := nodeOf(item.Key())
		var exported error // by the callback: the end of it all
		err := item.Value(func(record []byte) error {
			return v.exportDocument(cid, node, record, func(vector []byte) {
				exported = document(node, record, vector)
			})
		})
		switch {
		case exported != nil:
			return exported
		case errors.Is(err, ErrCorrupt):
			damaged[node] = err
		case err != nil:
			return err
		}
	}
	return nil
}

// exportDamaged reports damaged documents with the ids that lead to them: their records
// may not be readable.
func (v *View) exportDamaged(cid uint32, damaged map[uint32]error, report func(node uint32, id string, why error)) error {
	if len(damaged) == 0 {
		return nil
	}
	for id, err := range v.IDs(cid, "") {
		if isHole(err) {
			break
		}
		if err != nil {
			return err
		}
		if why := damaged[id.Node]; why != nil {
			report(id.Node, id.ID, why)
			delete(damaged, id.Node)
		}
	}
	for _, node := range slices.Sorted(maps.Keys(damaged)) {
		report(node, "", damaged[node])
	}
	return nil
}

// exportLive calls live with every node that has a document, or had one that is in a
// damaged block. It returns the latter.
func (v *View) exportLive(cid uint32, live func(node uint32) error) (unread []ID, err error) {
	var nodes []uint32
	holes := false
	for item, err := range v.items(prefix(keyDocument, cid), nil, 0) {
		switch {
		case isHole(err):
			holes = true
		case err != nil:
			return nil, err
		default:
			nodes = append(nodes, nodeOf(item.Key()))
		}
	}
	if holes {
		found := slices.Clone(nodes)
		for id, err := range v.IDs(cid, "") {
			if err != nil && !isHole(err) {
				return nil, err
			}
			if _, ok := slices.BinarySearch(found, id.Node); err == nil && !ok {
				unread = append(unread, id)
				nodes = append(nodes, id.Node)
			}
		}
		slices.Sort(nodes)
	}
	for _, node := range nodes {
		if err := live(node); err != nil {
			return nil, err
		}
	}
	return unread, nil
}

// exportDocument compares a document with its checksums, and calls sound with its vector.
func (v *View) exportDocument(cid, node uint32, record []byte, sound func(vector []byte)) error {
	r, err := DecodeRecord(record, WithAll)
	if err != nil {
		return err
	}
	item, err := v.s.item(v.txn, nodeKey(keyVector, cid, node))
	if err != nil {
		return fmt.Errorf("%w: vector: %w", ErrCorrupt, err)
	}
	return item.Value(func(vector []byte) error {
		if err := r.Verify(vector); err != nil {
			return err
		}
		sound(vector)
		return nil
	})
}
