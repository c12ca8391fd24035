package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/bench/engine"
	"github.com/fronyai/frony-db/bench/report"
)

// Slow engines get at most this many queries, so that a round ends.
const slowQueries = 100

// contestant is an engine with what it runs.
type contestant struct {
	engine.Engine
	most  int             // queries; 0 for all
	sweep []engine.Config // chosen in the first round
}

// enter makes the contestant of a name.
func enter(ctx context.Context, o *options, name string) (*contestant, error) {
	switch name {
	case "frony-db":
		return &contestant{Engine: &engine.Frony{}}, nil
	case "frony-db full":
		return &contestant{Engine: &engine.FronyFull{}}, nil
	case "frony-db scan":
		return &contestant{Engine: &engine.FronyScan{}}, nil
	case "coder/hnsw":
		return &contestant{Engine: &engine.Coder{}, most: slowQueries}, nil
	case "chromem-go":
		return &contestant{Engine: &engine.Chromem{}, most: slowQueries}, nil
	}
	peer, full := strings.CutSuffix(name, " full")
	if !slices.Contains([]string{"hnswlib", "svs", "usearch", "usearch-i8", "faiss"}, peer) {
		return nil, fmt.Errorf("-engines: unknown %q", name)
	}
	if o.python == "" {
		var err error
		if o.python, err = engine.Environment(ctx, filepath.Join(o.cache, "python"), engine.Packages, engine.Wheels); err != nil {
			return nil, err
		}
	}
	return &contestant{Engine: &engine.Python{Peer: peer, Full: full, Interpreter: o.python}}, nil
}

// round runs the sweep once. The first time it ends a stage after the one that reaches the
// highest recall that is wanted.
func (c *contestant) round(ctx context.Context, set *dataset.Set, clock string, highest float64) ([]report.Point, error) {
	if c.sweep != nil {
		return c.run(ctx, set, clock, c.sweep)
	}
	stages := c.Sweep()
	if _, err := c.run(ctx, set, clock, stages[0][:1]); err != nil { // warm up
		return nil, err
	}
	var all []report.Point
	for i, last := 0, len(stages)-1; i <= last; i++ {
		points, err := c.run(ctx, set, clock, stages[i])
		if err != nil {
			return nil, err
		}
		for _, p := range points {
			if p.Recall >= highest {
				last = min(last, i+1)
			}
			c.sweep = append(c.sweep, p.Config)
		}
		all = append(all, points...)
	}
	return all, nil
}

// run runs configurations, one kind of query after the other.
func (c *contestant) run(ctx context.Context, set *dataset.Set, clock string, cs []engine.Config) ([]report.Point, error) {
	parts := make([][]report.Part, len(cs)) // by configuration and kind
	for _, kind := range set.Kinds {
		n := kind.N
		if c.most > 0 {
			n = min(n, max(1, c.most/len(set.Kinds)))
		}
		runs, err := c.Run(ctx, kind.From, n, cs)
		if err != nil {
			return nil, err
		}
		for i, run := range runs {
			taken := run.Time.CPU
			if clock == "wall" {
				taken = run.Time.Wall
			}
			parts[i] = append(parts[i], report.Part{Run: run, Recalls: set.Recalls(kind.From, run.Top), Taken: taken})
		}
	}
	points := make([]report.Point, len(cs))
	for i := range parts {
		points[i] = report.NewPoint(parts[i])
	}
	return points, nil
}
