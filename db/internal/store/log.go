package store

import (
	"encoding/binary"
	"fmt"
)

// Change is an entry of the change log: the nodes that one batch created and
// killed.
type Change struct {
	Seq  uint64
	Born []uint32
	Dead []uint32
	// Changed are the nodes whose records were written in their place: their metadata is
	// another, their text and vector are the same.
	Changed []uint32
}

// Changes calls f with the log entries after seq, in order. If the log was trimmed
// and does not begin right after seq, complete is false and f is not called.
func (v *View) Changes(cid uint32, seq uint64, f func(Change) error) (complete bool, err error) {
	want := seq + 1
	for item, err := range v.items(prefix(keyLog, cid), logKey(cid, want), 64) {
		if isHole(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		c := Change{Seq: binary.BigEndian.Uint64(item.Key()[5:])}
		if c.Seq != want {
			return false, nil
		}
		err := item.Value(func(b []byte) (err error) {
			c.Born, c.Dead, c.Changed, err = decodeLog(b)
			return err
		})
		if err != nil {
			return false, fmt.Errorf("change log at %d: %w", c.Seq, err)
		}
		if err := f(c); err != nil {
			return false, err
		}
		want++
	}
	st, err := v.StateOf(cid)
	return err == nil && st.Seq+1 == want, err
}

// TrimLog deletes the log entries up to and including seq, once everything derived
// from them is on disk.
func (s *Store) TrimLog(cid uint32, seq uint64) error {
	return s.deletePrefix(prefix(keyLog, cid), logKey(cid, seq+1))
}

// appendLog encodes an entry. The third list is left out if it is empty, as in all
// entries of earlier versions.
func appendLog(dst []byte, born, dead, changed []uint32) []byte {
	lists := [][]uint32{born, dead, changed}
	if len(changed) == 0 {
		lists = lists[:2]
	}
	for _, list := range lists {
		dst = binary.AppendUvarint(dst, uint64(len(list)))
		for _, n := range list {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
	}
	return dst
}

func decodeLog(b []byte) (born, dead, changed []uint32, err error) {
	if born, b, err = nodeList(b); err != nil {
		return nil, nil, nil, err
	}
	if dead, b, err = nodeList(b); err == nil && len(b) > 0 {
		changed, _, err = nodeList(b)
	}
	return born, dead, changed, err
}

func nodeList(b []byte) ([]uint32, []byte, error) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)) {
		return nil, nil, fmt.Errorf("%w: list of nodes", ErrCorrupt)
	}
	b = b[k:]
	list := make([]uint32, n)
	for i := range list {
		x, k := binary.Uvarint(b)
		if k <= 0 || x > 1<<32-1 {
			return nil, nil, fmt.Errorf("%w: list of nodes", ErrCorrupt)
		}
		list[i], b = uint32(x), b[k:]
	}
	return list, b, nil
}
