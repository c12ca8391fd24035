package store

import (
	"errors"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Reclaim deletes the tombstones of nodes that no index points at and no reader can
// still hold, and frees their numbers for new documents. An index from an older
// snapshot may return numbers that no longer have a tombstone. A number that has a
// document is left alone, whatever the index says.
func (s *Store) Reclaim(cid uint32, nodes []uint32) error {
	for part := range slices.Chunk(nodes, 10_000) {
		var freed []uint32
		err := s.do(func(txn *badger.Txn) error {
			freed = freed[:0]
			for _, n := range part {
				switch _, err := s.item(txn, nodeKey(keyDocument, cid, n)); {
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
		}, func() { s.setFree(cid, func(known []uint32) []uint32 { return slices.Concat(known, freed) }) })
		if err != nil {
			return err
		}
		if n := len(part) - len(freed); n > 0 {
			s.log.Warn("the index wanted to reclaim nodes of live documents; run doctor", "nodes", n)
		}
	}
	return nil
}

// Free sets which nodes below State.Next are neither live nor tombstones. The layer
// above finds that out each time it loads a collection.
func (s *Store) Free(cid uint32, nodes []uint32) {
	s.setFree(cid, func([]uint32) []uint32 { return nodes })
}

func (s *Store) setFree(cid uint32, change func(known []uint32) []uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.states[cid]; st != nil {
		next := new(*st)
		next.free = change(st.free)
		s.states[cid] = next
	}
}
