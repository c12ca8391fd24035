package store

import (
	"errors"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Reclaim deletes the tombstones of nodes that no index points at any more and
// no reader can still hold: their numbers are free for new documents. A node
// without a tombstone is left alone: whatever an index believes of it, it may
// be a live document's.
func (s *Store) Reclaim(cid uint32, nodes []uint32) error {
	for part := range slices.Chunk(nodes, 10_000) {
		var freed []uint32
		err := s.do(func(txn *badger.Txn) error {
			freed = freed[:0]
			for _, n := range part {
				key := nodeKey(keyDead, cid, n)
				switch _, err := txn.Get(key); {
				case errors.Is(err, badger.ErrKeyNotFound):
					continue
				case err != nil:
					return &partialError{err}
				}
				if err := txn.Delete(key); err != nil {
					return &partialError{err}
				}
				freed = append(freed, n)
			}
			return nil
		}, func() { s.free(cid, func(known []uint32) []uint32 { return slices.Concat(known, freed) }) })
		if err != nil {
			return err
		}
		if n := len(part) - len(freed); n > 0 {
			s.log.Warn("nodes without a tombstone were to be reclaimed; run doctor", "nodes", n)
		}
	}
	return nil
}

// Free tells which nodes below State.Next are neither live nor tombstones, and
// takes the place of what was known before: a layer above finds that out when it
// loads a collection, and may load one again, as a version that is gone back to.
func (s *Store) Free(cid uint32, nodes []uint32) {
	s.free(cid, func([]uint32) []uint32 { return nodes })
}

func (s *Store) free(cid uint32, change func(known []uint32) []uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.states[cid]; st != nil {
		next := new(*st)
		next.free = change(st.free)
		s.states[cid] = next
	}
}
