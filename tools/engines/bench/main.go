//go:build linux

// Command bench loads the same documents into engines and asks them the same questions,
// in turns. It prints a table for docs/scale.md.
//
//	go run ./tools/engines/bench -corpus corpus.jsonl -queries a.txt,b.txt -n 100000 /tmp/db postgres://localhost/bench opensearch://localhost:9200/bench
//
// The corpus has a JSON object with "text" on each line. Documents are embedded once,
// before: inserts are those of the engines alone.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/engine"
	_ "github.com/fronyai/frony-db/engine/opensearch"
	_ "github.com/fronyai/frony-db/engine/postgres"
)

func main() {
	corpus := flag.String("corpus", "", "documents")
	queries := flag.String("queries", "", "files of questions, one a line")
	n := flag.Int("n", 100_000, "documents")
	asked := flag.Int("asked", 300, "questions")
	batch := flag.Int("batch", 256, "documents in a write")
	after := flag.Int("after", 0, "of the documents, insert so many one batch after the other, behind the others that are loaded in bulk")
	repeat := flag.Int("repeat", 1, "times that each search is done; the shortest counts, which other work on the machine has disturbed the least")
	compare := flag.Bool("compare", true, "compare results with those of exact searches")
	latencies := flag.String("latencies", "", "folder for the times of searches, a file for each engine and kind, for tools/engines/fanout")
	flag.Parse()
	if err := run(context.Background(), *corpus, strings.Split(*queries, ","), *n, *asked, *batch, *after, *repeat, *compare, *latencies, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func lines(path string, f func([]byte) (more bool, err error)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	in := bufio.NewScanner(file)
	in.Buffer(nil, 1<<22)
	for in.Scan() {
		if more, err := f(in.Bytes()); err != nil || !more {
			return err
		}
	}
	return in.Err()
}

func run(ctx context.Context, corpus string, queries []string, n, asked, batch, after, repeat int, compare bool, latencies string, urls []string) error {
	e := builtin.New()
	var docs []db.Document
	err := lines(corpus, func(b []byte) (bool, error) {
		var d struct {
			Title, Text string
		}
		err := json.Unmarshal(b, &d)
		i := len(docs)
		docs = append(docs, db.Document{
			ID: fmt.Sprintf("d%07d", i), Text: d.Text, Title: d.Title, Metadata: db.Metadata{"tenth": i % 10, "hundredth": i % 100},
		})
		return len(docs) < n, err
	})
	if err != nil {
		return err
	}
	start := time.Now()
	for part := range slices.Chunk(docs, 256) {
		texts := make([]string, len(part))
		for i := range part {
			texts[i] = strings.TrimSpace(part[i].Title + "\n\n" + part[i].Text)
		}
		vectors, err := e.EmbedPassages(ctx, texts)
		if err != nil {
			return err
		}
		for i := range part {
			part[i].Embedding = vectors[i]
		}
	}
	fmt.Printf("%d documents embedded in %v\n", len(docs), time.Since(start).Round(time.Second))
	var questions []string
	for _, path := range queries {
		left := asked / len(queries)
		if err := lines(path, func(b []byte) (bool, error) {
			questions = append(questions, string(b))
			left--
			return left > 0, nil
		}); err != nil {
			return err
		}
	}
	all := make([]*measured, len(urls))
	for i, where := range urls {
		d, err := engine.Open(ctx, where, &db.Options{Embedder: e})
		if err != nil {
			return err
		}
		defer func() { _ = d.Close() }()
		c, err := d.Collection(ctx, "bench", nil)
		if err != nil {
			return err
		}
		all[i] = &measured{c: c, url: where, took: map[string][]time.Duration{}, cpu: map[string]time.Duration{}, found: map[string]int{}}
		all[i].findServers()
		bulk := len(docs)
		if after > 0 {
			bulk -= after
			if err := all[i].load(ctx, d, docs[:bulk], batch); err != nil {
				return err
			}
		} else {
			bulk = 0
		}
		if err := all[i].insert(ctx, docs[bulk:], batch); err != nil {
			return err
		}
	}
	for _, text := range questions {
		if err := ask(ctx, all, text, repeat, compare); err != nil {
			return err
		}
	}
	for i, m := range all {
		name, _, _ := strings.Cut(urls[i], "://")
		m.print(name, len(docs), len(questions))
		if latencies != "" {
			if err := m.writeTimes(latencies, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// measured is what one engine has shown.
type measured struct {
	c       engine.Collection
	url     string
	servers []string // files with the CPU times of the engine's processes
	inserts float64
	loads   float64 // in bulk
	took    map[string][]time.Duration
	cpu     map[string]time.Duration // of this program and of the servers
	loading time.Duration            // the same, of an insert
	bulk    time.Duration            // the same, of a document that is loaded in bulk
	found   map[string]int           // of ten
}

func (m *measured) insert(ctx context.Context, docs []db.Document, batch int) error {
	before, start := m.used(), time.Now()
	err := m.write(ctx, docs, batch)
	m.loading = (m.used() - before) / time.Duration(len(docs))
	m.inserts = float64(len(docs)) / time.Since(start).Seconds()
	return err
}

// load loads documents in bulk, as far as the engine does.
func (m *measured) load(ctx context.Context, d engine.DB, docs []db.Document, batch int) (err error) {
	before, start := m.used(), time.Now()
	fill := func() error { return m.write(ctx, docs, batch) }
	if l, ok := d.(engine.Loader); ok {
		err = l.Load(ctx, "bench", fill)
	} else {
		err = fill()
	}
	m.bulk = (m.used() - before) / time.Duration(len(docs))
	m.loads = float64(len(docs)) / time.Since(start).Seconds()
	return err
}

func (m *measured) write(ctx context.Context, docs []db.Document, batch int) error {
	for part := range slices.Chunk(docs, batch) {
		if _, err := m.c.Upsert(ctx, part...); err != nil {
			return err
		}
	}
	return nil
}

// ask asks all engines a question in each way, in turns.
func ask(ctx context.Context, all []*measured, text string, repeat int, compare bool) error {
	tenth, hundredth := filter.Eq("tenth", 3), filter.Eq("hundredth", 33)
	kinds := []struct {
		name string
		q    db.Query
	}{
		{"dense", db.Query{Text: text, K: 10, Mode: db.Dense}},
		{"lexical", db.Query{Text: text, K: 10, Mode: db.Lexical}},
		{"hybrid", db.Query{Text: text, K: 10}},
		{"dense, 1 in 10", db.Query{Text: text, K: 10, Mode: db.Dense, Filter: tenth}},
		{"dense, 1 in 100", db.Query{Text: text, K: 10, Mode: db.Dense, Filter: hundredth}},
		{"hybrid, 1 in 10", db.Query{Text: text, K: 10, Filter: tenth}},
	}
	for _, k := range kinds {
		truth := k.q
		truth.Exact = true
		for _, m := range all {
			var want []db.Match
			if compare {
				var err error
				if want, err = m.c.Search(ctx, truth); err != nil {
					return err
				}
			}
			got, took, used, err := m.search(ctx, k.q, repeat)
			if err != nil {
				return err
			}
			m.took[k.name] = append(m.took[k.name], took)
			m.cpu[k.name] += used
			ids := map[string]bool{}
			for _, g := range got {
				ids[g.Document.ID] = true
			}
			for _, w := range want {
				if ids[w.Document.ID] {
					m.found[k.name]++
				}
			}
			m.found[k.name] += 10 - len(want)
		}
	}
	return nil
}

// search searches several times, and returns the shortest time and CPU time.
func (m *measured) search(ctx context.Context, q db.Query, repeat int) (got []db.Match, took, used time.Duration, err error) {
	for i := range repeat {
		before, start := m.used(), time.Now()
		if got, err = m.c.Search(ctx, q); err != nil {
			return nil, 0, 0, err
		}
		this, busy := time.Since(start), m.used()-before
		if i == 0 || this < took {
			took = this
		}
		if i == 0 || busy < used {
			used = busy
		}
	}
	return got, took, used, nil
}

func (m *measured) print(name string, docs, questions int) {
	s, err := m.c.Stats()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	disk := s.Disk.Store + s.Disk.Rows + s.Disk.Snapshot
	fmt.Printf("\n%s: %.0f inserts/s, %v of CPU time each, %d bytes a document on disk\n", name, m.inserts, m.loading.Round(time.Microsecond), disk/int64(docs))
	if m.loads > 0 {
		fmt.Printf("  in bulk: %.0f/s, %v of CPU time each\n", m.loads, m.bulk.Round(time.Microsecond))
	}
	for _, kind := range []string{"dense", "lexical", "hybrid", "dense, 1 in 10", "dense, 1 in 100", "hybrid, 1 in 10"} {
		t := m.took[kind]
		slices.Sort(t)
		fmt.Printf("  %-18s p50 %8v  p99 %8v  CPU %8v  as exact: %.3f\n", kind, t[len(t)/2].Round(10*time.Microsecond), t[len(t)*99/100].Round(10*time.Microsecond),
			(m.cpu[kind] / time.Duration(questions)).Round(10*time.Microsecond),
			float64(m.found[kind])/float64(10*questions))
	}
}

// writeTimes writes the times of all searches in milliseconds.
func (m *measured) writeTimes(folder string, engine int) error {
	for kind, times := range m.took {
		var b strings.Builder
		for _, t := range times {
			fmt.Fprintf(&b, "%.3f\n", float64(t.Microseconds())/1000)
		}
		name := fmt.Sprintf("%d-%s.txt", engine, strings.ReplaceAll(strings.ReplaceAll(kind, ",", ""), " ", "-"))
		if err := os.WriteFile(filepath.Join(folder, name), []byte(b.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// used is the CPU time of this program and of the engine's processes: on a busy machine
// it says more than the clock.
func (m *measured) used() time.Duration {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	total := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	for _, path := range m.servers {
		var ns int64
		if b, err := os.ReadFile(path); err == nil { // else it has ended
			if _, err := fmt.Sscan(string(b), &ns); err == nil {
				total += time.Duration(ns)
			}
		}
	}
	return total
}

// findServers finds the engine's processes, once the connections are there: those of
// PostgreSQL by its port, and the threads of OpenSearch's nodes, which
// tools/engines/opensearch.sh names.
func (m *measured) findServers() {
	m.servers = nil
	u, err := url.Parse(m.url)
	if err != nil {
		return
	}
	switch u.Scheme {
	case "postgres":
		all, _ := filepath.Glob("/proc/[0-9]*/schedstat")
		for _, path := range all {
			if servesPort(filepath.Dir(path), u.Port()) {
				m.servers = append(m.servers, path)
			}
		}
	case "opensearch":
		pids, _ := filepath.Glob(filepath.Join(os.Getenv("FRONYDB_TEST_OPENSEARCH_NODES"), "node*.pid"))
		for _, file := range pids {
			pid, _ := os.ReadFile(file)
			threads, _ := filepath.Glob("/proc/" + strings.TrimSpace(string(pid)) + "/task/*/schedstat")
			m.servers = append(m.servers, threads...)
		}
	}
}

// servesPort reports whether a process is PostgreSQL on a port, or one of its children.
func servesPort(dir, port string) bool {
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil || strings.TrimSpace(string(name)) != "postgres" {
		return false
	}
	stat, _ := os.ReadFile(filepath.Join(dir, "stat"))
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return false
	}
	for _, d := range []string{dir, "/proc/" + fields[1]} {
		if line, _ := os.ReadFile(filepath.Join(d, "cmdline")); strings.Contains(string(line), "port="+port) {
			return true
		}
	}
	return false
}
