package store

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// A directory can be set back to an earlier moment, and go on from there: the numbers of
// its transactions are then those of other transactions elsewhere. So each opening
// that writes begins a session with a random name, in its first transaction:
//
//	'h' timestamp u64 → 16 random bytes
//
// A moment of this history is a timestamp and the name of the session that it is in.
// No other history has both.

// Session is the name of a session.
type Session [16]byte

// maxSessions is the number of sessions that are remembered. A moment before them
// cannot be proved to be of this history.
var maxSessions = 10_000 // lowered in tests

func sessionKey(ts uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{keyHistory}, ts)
}

// beginSession names the session in the first transaction that writes.
func (s *Store) beginSession(txn *badger.Txn, ts uint64) error {
	if s.inSession {
		return nil
	}
	var name Session
	_, _ = rand.Read(name[:]) // never fails
	if err := txn.Set(sessionKey(ts), name[:]); err != nil {
		return err
	}
	if s.oldSession != nil {
		return txn.Delete(s.oldSession)
	}
	return nil
}

// countSessions finds the session to forget when another begins.
func (s *Store) countSessions(v *View) error {
	n := 0
	var first []byte
	for item, err := range v.items([]byte{keyHistory}, nil, 0) {
		if isHole(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if n++; first == nil {
			first = item.KeyCopy(nil)
		}
	}
	if n >= maxSessions {
		s.oldSession = first
	}
	return nil
}

// SessionAt returns the session that a moment up to the view's is in. The name is zero
// if that was before the first one. ok is false if it is before those that are
// remembered.
func (v *View) SessionAt(ts uint64) (name Session, ok bool, err error) {
	n := 0
	for item, err := range v.items([]byte{keyHistory}, nil, 64) {
		if err != nil {
			return name, false, err
		}
		if n++; bytes.Compare(item.Key(), sessionKey(ts)) > 0 {
			continue
		}
		err := item.Value(func(b []byte) error {
			if len(b) != len(name) {
				return fmt.Errorf("%w: a session of the history", ErrCorrupt)
			}
			copy(name[:], b)
			ok = true
			return nil
		})
		if err != nil {
			return name, false, err
		}
	}
	return name, ok || n < maxSessions, nil
}
