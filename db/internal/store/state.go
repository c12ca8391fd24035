package store

import (
	"encoding/binary"
	"fmt"
)

// State is a collection's counters after its newest commit.
type State struct {
	Seq  uint64 // of the newest batch
	Next uint32 // every node is below
	Live uint64 // documents
}

// state is what the committer knows of a collection. It is never changed: a commit
// puts a new one in its place.
type state struct {
	State
	info Info
	free []uint32 // nodes to reuse, the smallest last
}

func (st *State) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 20), st.Seq)
	b = binary.BigEndian.AppendUint32(b, st.Next)
	return binary.BigEndian.AppendUint64(b, st.Live)
}

// StateOf returns a collection's counters as the view sees them.
func (v *View) StateOf(cid uint32) (State, error) {
	b, ok, err := v.get(prefix(keyState, cid))
	if err != nil || !ok {
		return State{}, err
	}
	if len(b) != 20 {
		return State{}, fmt.Errorf("%w: state of collection %d", ErrCorrupt, cid)
	}
	return State{
		Seq:  binary.BigEndian.Uint64(b),
		Next: binary.BigEndian.Uint32(b[8:]),
		Live: binary.BigEndian.Uint64(b[12:]),
	}, nil
}

// stateOf reads the state of a collection or hidden version.
func (v *View) stateOf(info Info) (*state, error) {
	st, err := v.StateOf(info.ID)
	if err != nil {
		return nil, fmt.Errorf("collection %q: %w", info.Name, err)
	}
	return &state{State: st, info: info}, nil
}
