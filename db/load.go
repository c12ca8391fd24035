package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/rows"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
)

// load opens a collection's derived state: from its snapshot and the change
// log since, or, if either is missing, damaged or does not fit, from the store.
func (d *DB) load(ctx context.Context, info store.Info, o *CollectionOptions) (*Collection, error) {
	set, err := decodeSettings(info)
	if err != nil {
		return nil, err
	}
	if err := o.open(&set, &d.opts.Limits); err != nil {
		return nil, err
	}
	c := &Collection{
		db: d, id: info.ID, name: info.Name, set: set,
		log: d.opts.Logger.With("collection", info.Name), gate: newGate(),
	}
	c.facts.Store(&set)
	c.take(o.Embedder)
	c.calibration.Store(uncalibrated())
	if err := c.openRows(); err != nil {
		return nil, err
	}
	if err := c.derive(ctx); err != nil {
		return nil, errors.Join(err, c.rows.Close())
	}
	return c, nil
}

func (c *Collection) derivedPath(ext string) string {
	return filepath.Join(c.db.dir, derivedDir, fmt.Sprintf("%08x.%s", c.id, ext))
}

func (d *DB) removeDerived(cid uint32) {
	for _, ext := range []string{"rows", "snapshot"} {
		_ = os.Remove(filepath.Join(d.dir, derivedDir, fmt.Sprintf("%08x.%s", cid, ext)))
	}
}

func (c *Collection) openRows() (err error) {
	if c.db.opts.ReadOnly {
		c.rows, err = rows.OpenReadOnly(c.derivedPath("rows"), c.set.Dims, c.db.id)
	} else {
		c.rows, _, err = rows.Open(c.derivedPath("rows"), c.set.Dims, c.db.id)
	}
	if err != nil {
		return unwritable(err)
	}
	return nil
}

// empty is the derived state of a collection without documents.
func (c *Collection) empty() (err error) {
	if c.codes, err = newCodes(&c.set); err != nil {
		return err
	}
	c.graph, err = hnsw.New(c.codes.heads, &hnsw.Options{M: c.set.M, EfConstruction: c.set.EfConstruction, Seed: uint64(c.id)})
	c.attrs, c.words, c.nodes, c.expiry = attr.New(), lexical.New(), newNodes(), newExpiry()
	return err
}

func (c *Collection) derive(ctx context.Context) error {
	v := c.db.st.View(nil)
	defer v.Close()
	now := c.db.st.State(c.id)
	start := time.Now()
	seq, err := c.loadSnapshot(ctx, v, now)
	switch {
	case err == nil:
		c.saved.Store(seq)
		if now.Seq > seq {
			c.log.Info("collection opened", "from", "snapshot and log", "batches", now.Seq-seq, "took", time.Since(start))
		}
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		if now.Seq > 0 && !errors.Is(err, os.ErrNotExist) {
			c.log.Warn("snapshot not used; rebuilding from the store", "reason", err)
		}
		if err := c.rebuild(ctx, v, now); err != nil {
			return err
		}
		if now.Live > 0 {
			c.log.Info("collection opened", "from", "store", "documents", now.Live, "took", time.Since(start))
		}
	}
	c.visible = newVisible(mark{now.Seq, v.TS()})
	c.calibrateSoon()
	c.sweepLater(0)
	return c.freeNodes(v, now)
}

// freeNodes finds the numbers that can be given out again: of nodes that are
// neither live nor tombstones, and of tombstones that the graph has forgotten.
func (c *Collection) freeNodes(v *store.View, now store.State) error {
	dead := make(map[uint32]bool)
	var reclaim []uint32
	for node, err := range v.Dead(c.id) {
		if err != nil {
			return err
		}
		dead[node] = true
		if !c.graph.Known(node) {
			reclaim = append(reclaim, node)
		}
	}
	var free []uint32
	for node := range now.Next {
		if !dead[node] && !c.nodes.visible(node, now.Seq) && !c.graph.Known(node) {
			free = append(free, node)
		}
	}
	slices.Reverse(free)
	c.db.st.Free(c.id, free)
	if len(reclaim) > 0 && !c.db.opts.ReadOnly {
		c.reclaim(reclaim) // what can't be written, as on a full disk, can still be searched
	}
	return nil
}

// rebuild makes the derived state from the store, on all cores.
func (c *Collection) rebuild(ctx context.Context, v *store.View, now store.State) error {
	if err := c.empty(); err != nil {
		return err
	}
	var unread []uint32
	for r, err := range v.Records(c.id, store.WithMetadata|store.WithText) {
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
		c.attrs.Set(r.Node, columns(r.Record.Metadata, r.Record.Source))
		c.expiry.set(r.Node, r.Record.Expires)
		c.words.Add(r.Node, r.Record.Text)
		c.nodes.bear(r.Node, 0)
	}
	if err := c.nameUnread(v, unread); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return c.relink(ctx, v, now, nil)
}

// relink encodes vectors from the store, writes their rows and adds them to
// the graph: those in only, or all that live if it is nil. Documents without a
// sound vector are set aside.
func (c *Collection) relink(ctx context.Context, v *store.View, now store.State, only map[uint32]bool) error {
	type item struct {
		node uint32
		vec  []byte
	}
	total := int(now.Live)
	if only != nil {
		total = len(only)
	}
	work := make(chan []item, 4)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards failed and done, and serialises progress
	var failed error
	done := 0
	for range workers {
		wg.Go(func() {
			var vec []float32
			for batch := range work {
				var err error
				for _, it := range batch {
					if vec = store.DecodeVector(vec[:0], it.vec); !c.sound(vec) {
						continue
					}
					c.codes.put(it.node, vec)
					if perr := c.rows.Put(it.node, it.vec); perr != nil {
						c.log.Warn("vector row not cached", "err", perr)
					}
					if err = c.graph.Add(it.node); err != nil {
						break
					}
				}
				mu.Lock()
				failed = errors.Join(failed, err)
				done += len(batch)
				if total >= 2000 {
					c.db.opts.Progress("rebuild "+c.name, done, total)
				}
				mu.Unlock()
			}
		})
	}
	const batchSize = 256
	var batch []item
	err := v.Vectors(c.id, 0, now.Next, func(node uint32, vec []byte) error {
		if only != nil && !only[node] || !c.nodes.visible(node, now.Seq) {
			return nil
		}
		batch = append(batch, item{node, slices.Clone(vec)})
		if len(batch) == batchSize {
			work <- batch
			batch = nil
		}
		return ctx.Err()
	})
	if len(batch) > 0 {
		work <- batch
	}
	close(work)
	wg.Wait()
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	for node := range now.Next {
		if (only == nil || only[node]) && c.nodes.visible(node, now.Seq) && !c.graph.Has(node) {
			c.setAside(v, node)
		}
	}
	return nil
}
