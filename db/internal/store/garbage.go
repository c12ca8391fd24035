package store

import (
	"encoding/binary"
	"errors"

	"github.com/dgraph-io/badger/v4"
)

// DeleteGarbage deletes the data of dropped collections, hidden versions that belong
// to no collection, and aliases that lead nowhere. It may be interrupted and called again. It returns the number of
// collections whose data it deleted.
func (s *Store) DeleteGarbage() (int, error) {
	if err := errors.Join(s.dropOrphans(), s.dropDangling()); err != nil {
		return 0, err
	}
	cids, err := s.garbage()
	if err != nil {
		return 0, err
	}
	for _, cid := range cids {
		for _, kind := range []byte{keyState, keyID, keyDocument, keyVector, keyDead, keyLog} {
			if err := s.deletePrefix(prefix(kind, cid), nil); err != nil {
				return 0, err
			}
		}
		err := s.do(func(txn *badger.Txn) error { return txn.Delete(prefix(keyGarbage, cid)) }, nil)
		if err != nil {
			return 0, err
		}
	}
	return len(cids), nil
}

// garbage lists the collections whose data is to be deleted.
func (s *Store) garbage() (cids []uint32, err error) {
	v := s.View(nil)
	defer v.Close()
	for item, err := range v.items([]byte{keyGarbage}, nil, 0) {
		if err != nil {
			return nil, err
		}
		cids = append(cids, binary.BigEndian.Uint32(item.Key()[1:]))
	}
	return cids, nil
}

// dropOrphans turns the hidden versions that belong to no collection into garbage.
func (s *Store) dropOrphans() error {
	for _, h := range s.orphans {
		err := s.do(func(txn *badger.Txn) error {
			if _, ok := s.Hidden(h.Name); !ok {
				return dropHidden(txn, h)
			}
			return txn.Set(prefix(keyGarbage, h.ID), nil) // its key has a new owner
		}, nil)
		if err != nil {
			return err
		}
	}
	s.orphans = nil
	return nil
}

// deletePrefix deletes the keys of a prefix below end, a bounded number in each
// transaction.
func (s *Store) deletePrefix(prefix, end []byte) error {
	for {
		keys, size, err := s.someKeys(prefix, end)
		if err != nil || len(keys) == 0 {
			return err
		}
		err = s.do(func(txn *badger.Txn) error {
			for _, k := range keys {
				if err := txn.Delete(k); err != nil {
					return &partialError{err}
				}
			}
			return nil
		}, func() { s.space.add(uint64(size)) })
		if err != nil {
			return err
		}
	}
}

// someKeys returns the first keys of a prefix below end, as many as one transaction
// should delete, and the bytes that they and their values take.
func (s *Store) someKeys(prefix, end []byte) (keys [][]byte, bytes int64, err error) {
	v := s.View(nil)
	defer v.Close()
	size := 0
	for item, err := range v.items(prefix, nil, 0) {
		if isHole(err) {
			break // what cannot be read need not be deleted
		}
		if err != nil {
			return nil, 0, err
		}
		if end != nil && string(item.Key()) >= string(end) || len(keys) == 10_000 || size > 1<<20 {
			break
		}
		keys = append(keys, item.KeyCopy(nil))
		size += len(item.Key())
		bytes += item.EstimatedSize()
	}
	return keys, bytes, nil
}
