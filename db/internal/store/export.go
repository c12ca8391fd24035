package store

import (
	"fmt"
)

// Export calls live with every live node of a collection in order, and then document
// with those that were written after the timestamp since. The bytes are valid only
// during the call.
func (v *View) Export(cid uint32, since uint64, live func(node uint32) error, document func(node uint32, record, vector []byte) error) error {
	for item, err := range v.items(prefix(keyDocument, cid), nil, 0) {
		if err == nil {
			err = live(nodeOf(item.Key()))
		}
		if err != nil {
			return err
		}
	}
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
		vec, err := v.txn.Get(nodeKey(keyVector, cid, node))
		if err != nil {
			return fmt.Errorf("%w: vector of node %d: %w", ErrCorrupt, node, err)
		}
		err = item.Value(func(record []byte) error {
			return vec.Value(func(vector []byte) error { return document(node, record, vector) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}
