package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
)

// derive makes the derived state when the index is opened.
func (x *Index) derive(ctx context.Context) error {
	v := x.st.View(nil)
	defer v.Close()
	now := x.st.State(x.id)
	start := time.Now()
	seq, err := x.loadSnapshot(ctx, v, now)
	switch {
	case err == nil:
		x.saved.Store(seq)
		if now.Seq > seq {
			x.log.Info("collection opened", "from", "snapshot and log", "batches", now.Seq-seq, "took", time.Since(start))
		}
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		if now.Seq > 0 && !errors.Is(err, os.ErrNotExist) {
			x.log.Warn("snapshot not used; rebuilding from the store", "reason", err)
		}
		x.full.Store(x.set.Full)
		x.choice.Store(nil)
		if err := x.rebuild(ctx, v, now, x.set.eager()); err != nil {
			return err
		}
		if now.Live > 0 {
			x.log.Info("collection opened", "from", "store", "documents", now.Live, "took", time.Since(start))
		}
	}
	x.visible = newVisible(mark{now.Seq, v.TS()})
	if err := x.freeNodes(v, now); err != nil {
		return err
	}
	x.buildSoon()
	x.seedSoon()
	x.sweepLater(0)
	return nil
}

// freeNodes finds the node numbers that can be reused: those of nodes that are
// neither live nor tombstones, and of tombstones that a whole graph no longer has.
func (x *Index) freeNodes(v *store.View, now store.State) error {
	dead := make(map[uint32]bool)
	var reclaim []uint32
	for node, err := range v.Dead(x.id) {
		if err != nil {
			return err
		}
		dead[node] = true
		if !x.graph.knows(node) {
			reclaim = append(reclaim, node)
		}
	}
	var free []uint32
	for node := range now.Next {
		if !dead[node] && !x.nodes.visible(node, now.Seq) && !x.graph.knows(node) {
			x.nodes.clear(node)
			free = append(free, node)
		}
	}
	slices.Reverse(free)
	x.st.Free(x.id, free)
	switch {
	case !x.graph.whole.Load():
		x.members.bury(reclaim) // no graph has taken them out: a repair frees them together
	case len(reclaim) > 0 && !x.opts.ReadOnly:
		x.reclaim(reclaim) // if that cannot be written, as on a full disk, searches still work
	}
	return nil
}

// rebuild makes the derived state from the store, on all cores, with a graph or without.
func (x *Index) rebuild(ctx context.Context, v *store.View, now store.State, linked bool) error {
	if err := x.newRows(); err != nil {
		return err
	}
	if err := x.empty(); err != nil {
		return err
	}
	if linked {
		g, err := x.newLinks(x.codes)
		if err != nil {
			return err
		}
		x.graph.made.Store(g)
		x.graph.fed.Store(true)
	}
	x.islands.Store(0)
	var unread []uint32
	for r, err := range v.Records(x.id, store.WithMetadata|store.WithText) {
		if errors.Is(err, store.ErrCorrupt) {
			unread = append(unread, r.Node)
			continue
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
		x.recall(r.Node, r.Record)
	}
	if err := x.nameUnread(v, unread); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	if err := x.relink(ctx, v, now, nil); err != nil {
		return err
	}
	x.graph.whole.Store(linked)
	return nil
}

// recall brings a stored record into everything derived but what needs its
// vector.
func (x *Index) recall(node uint32, r *store.Record) {
	x.attrs.Set(node, columns(r))
	x.expiry.set(node, r.Expires)
	x.lexical.Add(node, words(r))
	x.nodes.bear(node, 0)
}

// forget takes a dead node out of everything that could return it.
func (x *Index) forget(node uint32) {
	x.members.remove(node)
	x.graph.delete(node)
	x.lexical.Remove(node)
	x.attrs.Clear(node)
	x.expiry.forget(node)
}
