package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/bench/host"
	"github.com/fronyai/frony-db/bench/texts"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/quant"
)

// targets are the recalls that settings are chosen for. Filters, churn and restart are
// measured at the setting for the second.
var targets = []float64{0.95, 0.99}

// bench holds the data, the ground truth, and how drivers are started.
type bench struct {
	options
	dir     string
	deleted []int // rows deleted by the churn, which inserts as many after the first n

	all, part, shelf, churned *truth
}

// newBench makes the data and the ground truth.
func newBench(ctx context.Context, o options, dir string) (*bench, error) {
	b := &bench{options: o, dir: dir}
	b.data = filepath.Join(dir, "data")
	fresh := o.n * 3 / 10
	slog.Info("making documents", "n", o.n+fresh)
	passages, base, query, err := documents(ctx, o, o.n+fresh)
	if err != nil {
		return nil, err
	}
	b.queries = len(query) / dims
	for _, rows := range [][]float32{base, query} {
		for v := range slices.Chunk(rows, dims) {
			if !quant.Normalize(v) {
				return nil, errors.New("a vector has no direction")
			}
		}
	}
	if err := b.write(passages, base, query); err != nil {
		return nil, err
	}
	b.deleted = rand.New(rand.NewPCG(o.seed, 3)).Perm(o.n)[:fresh]
	gone := make([]bool, o.n+fresh)
	for _, row := range b.deleted {
		gone[row] = true
	}
	loaded := base[:o.n*dims]
	b.all = newTruth(loaded, query, func(int, int) bool { return true })
	b.part = newTruth(loaded, query, func(q, row int) bool { return part(row) == q%10 })
	b.shelf = newTruth(loaded, query, func(q, row int) bool { return shelf(row) == shelf(10*q) })
	b.churned = newTruth(base, query, func(_, row int) bool { return !gone[row] })
	return b, nil
}

// documents are n texts with their vectors, and the vectors of queries: those of files, or
// generated ones.
func documents(ctx context.Context, o options, n int) (passages []string, base, query []float32, err error) {
	if o.texts == "" {
		g := texts.New(o.seed)
		for range n {
			passages = append(passages, g.Passage())
		}
		base, query = dataset.Generate(n, o.queries, dims, o.seed)
		return passages, base, query, nil
	}
	if passages, err = texts.Read(o.texts, n); err != nil {
		return nil, nil, nil, err
	}
	if len(passages) < n {
		return nil, nil, nil, fmt.Errorf("%s has %d texts, want %d for %d documents and those that replace some: lower -n", o.texts, len(passages), n, o.n)
	}
	files := strings.Split(o.questions, ",")
	model := builtin.New()
	if base, err = dataset.Passages(ctx, model, passages); err != nil {
		return nil, nil, nil, err
	}
	query, _, err = dataset.Questions(ctx, model, files, max(1, o.queries/len(files)))
	return passages, base, query, err
}

// write writes the files that drivers read, and the Python driver.
func (b *bench) write(passages []string, base, query []float32) (err error) {
	if err := os.MkdirAll(b.data, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(b.data, "texts.txt"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for _, p := range passages {
		fmt.Fprintln(w, strings.Join(strings.Fields(p), " "))
	}
	return errors.Join(
		w.Flush(), f.Close(),
		writeFloats(filepath.Join(b.data, "vectors.f32"), base),
		writeFloats(filepath.Join(b.data, "queries.f32"), query),
		os.WriteFile(filepath.Join(b.data, "peers.py"), peersPy, 0o644),
	)
}

func writeFloats(path string, v []float32) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(binary.Write(f, binary.LittleEndian, v), f.Close())
}

func (b *bench) start(ctx context.Context, name string) (*process, error) {
	if inPython(name) {
		return start(ctx, b.python, filepath.Join(b.data, "peers.py"), name, b.data)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, self, "-driver", name, "-data", b.data)
}

// with starts a driver, calls do, and closes the database and the process.
func (b *bench) with(ctx context.Context, d *database, do func(*process) error) error {
	p, err := b.start(ctx, d.Name)
	if err != nil {
		return err
	}
	if err = do(p); err == nil {
		err = p.close()
	}
	return errors.Join(err, p.stop())
}

// round measures a database once: from an empty folder to a killed process.
func (b *bench) round(ctx context.Context, d *database) error {
	dir := filepath.Join(b.dir, strings.ReplaceAll(d.Name, " ", "-"))
	defer func() { _ = os.RemoveAll(dir) }()
	m := &figures{}
	d.Rounds = append(d.Rounds, m)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := b.with(ctx, d, func(p *process) error { return b.load(p, d, m, dir) }); err != nil {
		return err
	}
	m.Disk = host.Disk(dir)
	begin := time.Now()
	if err := b.with(ctx, d, func(p *process) error { return b.again(p, d, m, dir, begin) }); err != nil {
		return err
	}
	m.Churn.Disk = host.Disk(dir)
	if b.kill == 0 {
		return nil
	}
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755)); err != nil {
		return err
	}
	p, err := b.start(ctx, d.Name)
	if err != nil {
		return err
	}
	m.Kill.Acked, err = b.killed(p, dir)
	if err := errors.Join(err, p.stop()); err != nil {
		return err
	}
	if err := b.with(ctx, d, func(p *process) error { return b.check(p, m, dir) }); err != nil {
		m.Kill.Error = err.Error() // a result
	}
	return nil
}

// load fills the database and asks it.
func (b *bench) load(p *process, d *database, m *figures, dir string) error {
	r, err := p.call(command{Op: "open", Dir: dir, Create: true})
	if err != nil {
		return err
	}
	d.Version = r.Version
	settings := r.Settings
	stop := p.watch(&m.Peak)
	r, err = p.call(command{Op: "load", To: b.n, Batch: 1000})
	stop()
	if err != nil {
		return err
	}
	m.Load = r.Seconds
	if r, err = p.call(command{Op: "count"}); err != nil {
		return err
	}
	if r.Count != b.n {
		return fmt.Errorf("has %d of %d documents", r.Count, b.n)
	}
	if _, err = p.call(command{Op: "search", N: min(100, b.queries)}); err != nil { // to warm up
		return err
	}
	if m.Default, err = b.search(p, setting{}, "", b.all); err != nil {
		return err
	}
	if d.Chosen == nil { // the first round
		d.Sweep = []searched{}
		for _, s := range settings {
			got, err := b.search(p, s, "", b.all)
			if err != nil {
				return err
			}
			if d.Sweep = append(d.Sweep, got); got.Recall >= targets[len(targets)-1] {
				break
			}
		}
		for _, t := range targets {
			d.Chosen = append(d.Chosen, choose(append(slices.Clone(d.Sweep), m.Default), t))
		}
	}
	for i, c := range d.Chosen {
		var got searched
		switch {
		case c == nil:
		case len(c) == 0:
			got = m.Default
		case i > 0 && maps.Equal(c, d.Chosen[i-1]):
			got = m.Targets[i-1]
		default:
			if got, err = b.search(p, c, "", b.all); err != nil {
				return err
			}
		}
		m.Targets = append(m.Targets, got)
	}
	if m.Part, err = b.search(p, d.setting(), "part", b.part); err != nil {
		return err
	}
	m.Shelf, err = b.search(p, d.setting(), "shelf", b.shelf)
	return err
}

// again opens the database in a process that was started at begin, and replaces
// 30 % of the documents.
func (b *bench) again(p *process, d *database, m *figures, dir string, begin time.Time) error {
	r, err := p.call(command{Op: "open", Dir: dir})
	if err != nil {
		return err
	}
	m.Open = r.Seconds
	if r, err = p.call(command{Op: "search", Setting: d.setting(), N: 1}); err != nil {
		return err
	}
	m.Restart = time.Since(begin).Seconds()
	m.Open += r.Took[0]
	if r, err = p.call(command{Op: "count"}); err != nil {
		return err
	}
	m.Lost = b.n - r.Count

	removed, err := p.call(command{Op: "delete", Rows: b.deleted, Batch: 1000})
	if err != nil {
		return err
	}
	inserted, err := p.call(command{Op: "insert", From: b.n, To: b.n + len(b.deleted), Batch: 1000})
	if err != nil {
		return err
	}
	m.Churn.Delete, m.Churn.Insert = removed.Seconds, inserted.Seconds
	if m.Churn.Before, err = b.search(p, d.setting(), "", b.churned); err != nil {
		return err
	}
	if r, err = p.call(command{Op: "upkeep"}); err != nil {
		return err
	}
	m.Churn.Upkeep = r.Seconds
	m.Churn.After, err = b.search(p, d.setting(), "", b.churned)
	return err
}

// killBatch is small, so that there are many batches to kill between.
const killBatch = 50

// killed loads half of a small database, kills the process while it inserts the
// other half, and returns how many documents were acknowledged.
func (b *bench) killed(p *process, dir string) (acked int, err error) {
	half := b.kill / 2
	for _, c := range []command{
		{Op: "open", Dir: dir, Create: true},
		{Op: "load", To: half, Batch: killBatch},
	} {
		if _, err := p.call(c); err != nil {
			return 0, err
		}
	}
	if err := p.send(command{Op: "insert", From: half, To: b.kill, Batch: killBatch, Ack: true}); err != nil {
		return 0, err
	}
	enough := half + half/3 + rand.IntN(1+half/3)
	for acked < enough {
		r, err := p.receive()
		if err != nil {
			return acked, err
		}
		acked = r.Acked
	}
	time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
	p.killAll()
	for { // acknowledged before the kill, and still in the pipe
		var r reply
		if p.out.Decode(&r) != nil || r.Acked == 0 {
			return acked, nil //nolint:nilerr // the process was killed
		}
		acked = r.Acked
	}
}

// check counts acknowledged documents that are missing, or that searches do not find.
func (b *bench) check(p *process, m *figures, dir string) error {
	if _, err := p.call(command{Op: "open", Dir: dir}); err != nil {
		return err
	}
	r, err := p.call(command{Op: "check", To: m.Kill.Acked, Batch: killBatch})
	m.Kill.Missing, m.Kill.Unfound = r.Missing, r.Unfound
	return err
}

// search runs all queries, and compares the results with the ground truth.
func (b *bench) search(p *process, s setting, filter string, t *truth) (searched, error) {
	r, err := p.call(command{Op: "search", Setting: s, Filter: filter, N: b.queries, Budget: b.budget.Seconds()})
	if err != nil {
		return searched{}, fmt.Errorf("%s: %w", s, err)
	}
	slices.Sort(r.Took)
	n := len(r.Took)
	return searched{
		Setting: s, Queries: n, Recall: t.recall(r.Found), P50: r.Took[n/2], P99: r.Took[min(n-1, n*99/100)],
	}, nil
}
