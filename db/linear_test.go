package db

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/fronyai/frony-db/db/filter"
)

// register is one document as operations see it: a version, or 0 if it does not
// exist. An operation either writes a version or reads one.
type register struct {
	id    string
	write bool
	value int64
}

var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byID := map[string][]porcupine.Operation{}
		for _, op := range history {
			id := op.Input.(register).id
			byID[id] = append(byID[id], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byID {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return int64(0) },
	Step: func(state, input, output any) (bool, any) {
		if in := input.(register); in.write {
			return true, in.value
		}
		return output.(int64) == state.(int64), state
	},
	Equal: func(a, b any) bool { return a == b },
}

// Upsert, Delete, Get, Scan, Count and Search are linearizable: what happened
// concurrently can be put into one order that explains all that was read. The
// history is checked with porcupine (Horn and Kroening, arXiv 1504.00204).
func TestLinearizable(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 8)
	const workers, ids = 6, 3
	ops := 150
	if testing.Short() {
		ops = 60
	}
	var (
		versions atomic.Int64
		mu       sync.Mutex // guards history
		history  []porcupine.Operation
		wg       sync.WaitGroup
	)
	start := time.Now()
	for w := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(w)))
			for range ops {
				in := register{id: fmt.Sprint("doc ", rng.IntN(ids))}
				doc := precomputed(rng, in.id, 8)
				call := time.Since(start).Nanoseconds()
				out, err := int64(0), error(nil)
				switch kind := rng.IntN(10); {
				case kind < 4:
					in.write, in.value = true, versions.Add(1)
					doc.Metadata = Metadata{"version": in.value, "name": in.id}
					_, err = c.Upsert(t.Context(), doc)
				case kind < 5:
					in.write = true
					_, err = c.Delete(t.Context(), in.id)
				default:
					out, err = readVersion(t, c, in.id, kind, doc.Embedding)
				}
				if err != nil {
					t.Error(err)
					return
				}
				op := porcupine.Operation{ClientId: w, Input: in, Call: call, Output: out, Return: time.Since(start).Nanoseconds()}
				mu.Lock()
				history = append(history, op)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if r := porcupine.CheckOperationsTimeout(registers, history, time.Minute); r != porcupine.Ok {
		t.Errorf("the history of %d operations is %s", len(history), r)
	}
}

// readVersion reads the version of a document in one of several ways, or 0.
func readVersion(t *testing.T, c *Collection, id string, kind int, near []float32) (int64, error) {
	where := filter.Eq("name", id)
	version := func(docs ...Document) int64 {
		if len(docs) == 0 {
			return 0
		}
		return docs[0].Metadata["version"].(int64)
	}
	switch kind {
	case 5:
		var docs []Document
		for doc, err := range c.Scan(t.Context(), Scan{Filter: where}) {
			if err != nil {
				return 0, err
			}
			docs = append(docs, doc)
		}
		if len(docs) > 1 {
			return 0, fmt.Errorf("a scan returns %q %d times", id, len(docs))
		}
		return version(docs...), nil
	case 6, 7:
		m, err := c.Search(t.Context(), Query{Embedding: near, K: 2, Filter: where, Exact: kind == 6})
		if len(m) > 1 {
			return 0, fmt.Errorf("a search returns %q %d times", id, len(m))
		}
		if len(m) == 0 {
			return 0, err
		}
		return version(m[0].Document), err
	default:
		docs, err := c.Get(t.Context(), id)
		if errors.Is(err, ErrNotFound) {
			return 0, nil
		}
		return version(docs...), err
	}
}
