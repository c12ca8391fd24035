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
	flag.Parse()
	if err := run(context.Background(), *corpus, strings.Split(*queries, ","), *n, *asked, *batch, flag.Args()); err != nil {
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

func run(ctx context.Context, corpus string, queries []string, n, asked, batch int, urls []string) error {
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
	for i, url := range urls {
		d, err := engine.Open(ctx, url, &db.Options{Embedder: e})
		if err != nil {
			return err
		}
		defer func() { _ = d.Close() }()
		c, err := d.Collection(ctx, "bench", nil)
		if err != nil {
			return err
		}
		all[i] = &measured{c: c, url: url, took: map[string][]time.Duration{}, cpu: map[string]time.Duration{}, found: map[string]int{}}
		all[i].findServers()
		if err := all[i].load(ctx, docs, batch); err != nil {
			return err
		}
	}
	for _, text := range questions {
		if err := ask(ctx, all, text); err != nil {
			return err
		}
	}
	for i, m := range all {
		name, _, _ := strings.Cut(urls[i], "://")
		m.print(name, len(docs), len(questions))
	}
	return nil
}

// measured is what one engine has shown.
type measured struct {
	c       engine.Collection
	url     string
	servers []string // files with the CPU times of the engine's processes
	inserts float64
	took    map[string][]time.Duration
	cpu     map[string]time.Duration // of this program and of the servers
	loading time.Duration            // the same, of all inserts
	found   map[string]int           // of ten
}

func (m *measured) load(ctx context.Context, docs []db.Document, batch int) error {
	before, start := m.used(), time.Now()
	for part := range slices.Chunk(docs, batch) {
		if _, err := m.c.Upsert(ctx, part...); err != nil {
			return err
		}
	}
	m.loading = m.used() - before
	m.inserts = float64(len(docs)) / time.Since(start).Seconds()
	return nil
}

// ask asks all engines a question in each way, in turns.
func ask(ctx context.Context, all []*measured, text string) error {
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
			want, err := m.c.Search(ctx, truth)
			if err != nil {
				return err
			}
			before, start := m.used(), time.Now()
			got, err := m.c.Search(ctx, k.q)
			if err != nil {
				return err
			}
			m.took[k.name] = append(m.took[k.name], time.Since(start))
			m.cpu[k.name] += m.used() - before
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

func (m *measured) print(name string, docs, questions int) {
	s, err := m.c.Stats()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	disk := s.Disk.Store + s.Disk.Rows + s.Disk.Snapshot
	fmt.Printf("\n%s: %.0f inserts/s, %v of CPU time each, %d bytes a document on disk\n", name, m.inserts, (m.loading / time.Duration(docs)).Round(time.Microsecond), disk/int64(docs))
	for _, kind := range []string{"dense", "lexical", "hybrid", "dense, 1 in 10", "dense, 1 in 100", "hybrid, 1 in 10"} {
		t := m.took[kind]
		slices.Sort(t)
		fmt.Printf("  %-18s p50 %8v  p99 %8v  CPU %8v  as exact: %.3f\n", kind, t[len(t)/2].Round(10*time.Microsecond), t[len(t)*99/100].Round(10*time.Microsecond),
			(m.cpu[kind] / time.Duration(questions)).Round(10*time.Microsecond),
			float64(m.found[kind])/float64(10*questions))
	}
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
