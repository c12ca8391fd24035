package store

import "github.com/dgraph-io/badger/v4"

// Mend makes the keys of a collection fit together again, as far as the faults that
// Check found allow, and counts the documents. Nothing of the collection may be
// written meanwhile, and everything derived from it is wrong afterwards.
func (s *Store) Mend(cid uint32, faults []Fault) error {
	var next *state
	return s.do(func(txn *badger.Txn) (err error) {
		for _, f := range faults {
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
		for _, f := range faults {
			next.Next, next.Seq = max(next.Next, f.state.Next), max(next.Seq, f.state.Seq)
		}
		next.Live = countKeys(txn, prefix(keyDocument, cid))
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

func countKeys(txn *badger.Txn, prefix []byte) (n uint64) {
	o := badger.DefaultIteratorOptions
	o.Prefix, o.PrefetchValues = prefix, false
	it := txn.NewIterator(o)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		n++
	}
	return n
}
