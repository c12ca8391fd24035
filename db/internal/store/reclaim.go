package store

import (
	"errors"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Reclaim deletes the tombstones of nodes that no index points at any more and
// no reader can still hold: their numbers are free for new documents. An index
// from an older snapshot gives numbers back that have no tombstone any more. One
// that has a document is left alone, whatever an index believes of it.
func (s *Store) Reclaim(cid uint32, nodes []uint32) error {
	for part := range slices.Chunk(nodes, 10_000) {
		var freed []uint32
		err := s.do(func(txn *badger.Txn) error {
			freed = freed[:0]
			for _, n := range part {
				switch _, err := txn.Get(nodeKey(keyDocument, cid, n)); {
				case err == nil:
					continue
				case !errors.Is(err, badger.ErrKeyNotFound):
					return &partialError{err}
				}
				if err := txn.Delete(nodeKey(keyDead, cid, n)); err != nil {
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
			s.log.Warn("nodes of live documents were to be reclaimed; run doctor", "nodes", n)
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
