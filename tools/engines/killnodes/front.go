//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	_ "github.com/fronyai/frony-db/engine/opensearch"
)

// report is what a front has seen.
type report struct {
	Acknowledged, Unknown, Refused int      // writes
	Stale                          int      // reads that did not show what was acknowledged
	Unread                         int      // reads that failed
	Documents, Uncertain           int      // at the end
	Wrong                          []string // what is not as it was acknowledged
}

// writer has ids that no other writes to.
type writer struct {
	c      engine.Collection
	name   string
	r      *rand.Rand
	clock  int
	docs   map[string][]string // the values that a document may have; "" is absence
	report report
}

const writers, ids, sources = 3, 12, 2

func runFront(ctx context.Context, number int, seed uint64, timeout time.Duration, in io.Reader, out io.Writer) error {
	url := os.Getenv("FRONYDB_TEST_OPENSEARCH") + "/kill?shards=2&replicas=1&timeout=" + timeout.String()
	d, err := engine.Open(ctx, url, &db.Options{Embedder: embeddertest.New(16, 1)})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	c, err := d.Collection(ctx, "kill", nil)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	all := make([]*writer, writers)
	for i := range all {
		w := &writer{c: c, name: fmt.Sprintf("f%dw%d", number, i), r: rand.New(rand.NewPCG(seed, uint64(10*number+i+2))), docs: map[string][]string{}}
		all[i] = w
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					w.step(ctx)
				}
			}
		})
	}
	if _, err := fmt.Fprintln(out, "writing"); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in) // it is closed when the nodes are left alone
	close(done)
	wg.Wait()
	if err != nil {
		return err
	}
	time.Sleep(15 * time.Second) // for requests that come late
	var sum report
	for _, w := range all {
		w.compare(ctx)
		sum.add(&w.report)
	}
	return json.NewEncoder(out).Encode(sum)
}

func (r *report) add(o *report) {
	r.Acknowledged += o.Acknowledged
	r.Unknown += o.Unknown
	r.Refused += o.Refused
	r.Stale += o.Stale
	r.Unread += o.Unread
	r.Documents += o.Documents
	r.Uncertain += o.Uncertain
	r.Wrong = append(r.Wrong, o.Wrong...)
}

func (w *writer) value() string {
	w.clock++
	return fmt.Sprintf("%s value %d", w.name, w.clock)
}

// step writes, and sometimes reads what was written.
func (w *writer) step(ctx context.Context) {
	wants := map[string]string{}
	var err error
	switch w.r.IntN(8) {
	case 0, 1, 2:
		var docs []db.Document
		for range 1 + w.r.IntN(3) {
			id := fmt.Sprintf("%s-%d", w.name, w.r.IntN(ids))
			if wants[id] == "" {
				wants[id] = w.value()
				docs = append(docs, db.Document{ID: id, Text: wants[id]})
			}
		}
		_, err = w.c.Upsert(ctx, docs...)
	case 3:
		id := fmt.Sprintf("%s-%d", w.name, w.r.IntN(ids))
		wants[id] = w.value()
		_, err = w.c.Insert(ctx, db.Document{ID: id, Text: wants[id]})
		if errors.Is(err, db.ErrExists) {
			if before := w.docs[id]; len(before) == 0 || len(before) == 1 && before[0] == "" {
				w.report.Wrong = append(w.report.Wrong, fmt.Sprintf("%s exists and was deleted", id))
			}
			return
		}
		if before := w.docs[id]; err == nil && len(before) > 0 && !slices.Contains(before, "") {
			w.report.Wrong = append(w.report.Wrong, fmt.Sprintf("%s was inserted over %q", id, before))
		}
	case 4, 5:
		id := fmt.Sprintf("%s-%d", w.name, w.r.IntN(ids))
		wants[id] = ""
		_, err = w.c.Delete(ctx, id)
	default:
		source := fmt.Sprintf("%s.s%d", w.name, w.r.IntN(sources))
		for id := range w.docs {
			if strings.HasPrefix(id, source+"-") {
				wants[id] = ""
			}
		}
		var docs []db.Document
		for i := range w.r.IntN(4) {
			id := fmt.Sprintf("%s-%d", source, i)
			wants[id] = w.value()
			docs = append(docs, db.Document{ID: id, Text: wants[id]})
		}
		_, err = w.c.ReplaceSource(ctx, source, docs...)
	}
	switch {
	case err == nil:
		w.report.Acknowledged++
		for id, v := range wants {
			w.docs[id] = []string{v}
		}
	case errors.Is(err, engine.ErrUnknownOutcome):
		w.report.Unknown++
		for id, v := range wants {
			if w.docs[id] == nil {
				w.docs[id] = []string{""}
			}
			w.docs[id] = append(w.docs[id], v)
		}
	case errors.Is(err, engine.ErrUnavailable):
		w.report.Refused++
		time.Sleep(100 * time.Millisecond)
	default:
		w.report.Wrong = append(w.report.Wrong, "unexpected: "+err.Error())
	}
	if err == nil && w.r.IntN(3) == 0 {
		for id := range wants {
			w.look(ctx, id)
			return
		}
	}
}

// look reads a document whose value is known.
func (w *writer) look(ctx context.Context, id string) {
	docs, err := w.c.GetFields(ctx, 0, id)
	got := ""
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		w.report.Unread++
		return
	}
	if len(docs) > 0 {
		got = docs[0].Text
	}
	if got != w.docs[id][0] {
		w.report.Stale++
	}
}

// compare compares what there is in the end with what is known.
func (w *writer) compare(ctx context.Context) {
	there := map[string]string{}
	for d, err := range w.c.Scan(ctx, db.Scan{Filter: filter.StartsWith("_id", w.name)}) {
		if err != nil {
			w.report.Wrong = append(w.report.Wrong, err.Error())
			return
		}
		if _, twice := there[d.ID]; twice {
			w.report.Wrong = append(w.report.Wrong, d.ID+" is there twice")
		}
		there[d.ID] = d.Text
	}
	w.report.Documents = len(there)
	for id, values := range w.docs {
		if len(values) > 1 {
			w.report.Uncertain++
		}
		if !slices.Contains(values, there[id]) {
			w.report.Wrong = append(w.report.Wrong, fmt.Sprintf("%s is %q, want one of %q", id, there[id], values))
		}
		delete(there, id)
	}
	for id, v := range there {
		w.report.Wrong = append(w.report.Wrong, fmt.Sprintf("%s is there with %q, and was never written", id, v))
	}
}
