package index

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/fronyai/frony-db/db/internal/store"
)

// loadSnapshot reads the snapshot and brings it up to date from the change log.
// After an error the derived state is in no usable condition.
func (x *Index) loadSnapshot(ctx context.Context, v *store.View, now store.State) (seq uint64, err error) {
	f, err := os.Open(x.path(snapshotExt))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	meta, live, err := x.decode(bufio.NewReaderSize(f, 1<<16), info.Size(), now)
	if err != nil {
		return 0, err
	}
	if err := x.openRows(meta.Rows); err != nil {
		return 0, err
	}
	aside, err := x.settleLives(v, meta.Nodes, live)
	if err != nil {
		return 0, err
	}
	if err := x.replay(ctx, v, now, meta.Seq); err != nil {
		return 0, err
	}
	for _, node := range aside {
		if x.nodes.visible(node, now.Seq) && !x.members.has(node) {
			x.setAside(v, node)
		}
	}
	return meta.Seq, nil
}

// settleLives takes over which nodes of a snapshot live, and returns those that
// have no sound vector.
func (x *Index) settleLives(v *store.View, nodes uint32, live []byte) (aside []uint32, err error) {
	var sound []uint32
	for node := range nodes {
		if live[node/8]>>(node%8)&1 == 0 {
			x.forget(node) // it died with the last batch, and a reader still saw it
			continue
		}
		x.nodes.bear(node, 0)
		bad := false
		if g := x.graph.asked(); g != nil && !g.Has(node) || g == nil && x.codes.none(node) {
			if bad, err = x.vectorless(v, node); err != nil {
				return nil, err
			}
			if g != nil && !bad {
				return nil, fmt.Errorf("%w: node %d is missing from the graph", errSnapshot, node)
			}
		}
		if bad {
			aside = append(aside, node)
		} else {
			sound = append(sound, node)
		}
	}
	x.members.add(sound...)
	return aside, nil
}

// replay applies the change log after seq.
func (x *Index) replay(ctx context.Context, v *store.View, now store.State, seq uint64) error {
	born, changed := make(map[uint32]bool), make(map[uint32]bool)
	complete, err := v.Changes(x.id, seq, func(ch store.Change) error {
		for _, node := range ch.Born {
			born[node] = true
		}
		for _, node := range ch.Changed {
			changed[node] = true
		}
		for _, node := range ch.Dead {
			delete(born, node)
			delete(changed, node)
			x.nodes.kill(node, 0)
			x.forget(node)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if !complete {
		return fmt.Errorf("%w: the change log since then is incomplete", errSnapshot)
	}
	for node := range changed {
		if born[node] {
			continue
		}
		r, ok, err := v.Record(x.id, node, store.WithMetadata)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: node %d has no document", store.ErrCorrupt, node)
		}
		x.attrs.Set(node, columns(r))
	}
	if len(born) == 0 {
		return nil
	}
	reused := false
	for node := range born {
		if x.graph.knows(node) {
			x.graph.delete(node)
			reused = true
		}
	}
	if reused {
		x.graph.repair()
	}
	for node := range born {
		r, ok, err := v.Record(x.id, node, store.WithMetadata|store.WithText)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: node %d has no document", store.ErrCorrupt, node)
		}
		x.recall(node, r)
	}
	return x.relink(ctx, v, now, born)
}
