package store

import (
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Reclaim deletes the tombstones of nodes that no index points at any more and
// no reader can still hold: their numbers are free for new documents.
func (s *Store) Reclaim(cid uint32, nodes []uint32) error {
	for part := range slices.Chunk(nodes, 10_000) {
		err := s.do(func(txn *badger.Txn) error {
			for _, n := range part {
				if err := txn.Delete(nodeKey(keyDead, cid, n)); err != nil {
					return &partialError{err}
				}
			}
			return nil
		}, func() { s.Free(cid, part) })
		if err != nil {
			return err
		}
	}
	return nil
}

// Free tells which nodes below State.Next are neither live nor tombstones. A
// layer above finds that out when it loads a collection, and calls it once.
func (s *Store) Free(cid uint32, nodes []uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.states[cid]; st != nil {
		next := new(*st)
		next.free = slices.Concat(st.free, nodes)
		s.states[cid] = next
	}
}
