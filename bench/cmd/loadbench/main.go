// Command loadbench measures `frony-db serve` from another process. It compares searches
// over HTTP with the same searches in the library, and overloads the server with far more
// clients than it can serve.
//
//	go run -C bench ./cmd/loadbench                     # 100,000 documents; 1, 8 and 64 clients; 60 s of overload
//	go run -C bench ./cmd/loadbench -n 2000 -time 2s -overload 5s
//	go run -C bench ./cmd/loadbench -n 3000 -hostile 1,4,64   # instead: one client beside hostile ones
//
// Clients are closed loops: each sends its next query after the response. They run in this
// process and share the machine with the server, so the figures are those of one machine
// that does both. Tables are printed as Markdown, and all figures written as JSON to -out.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/texts"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// settings are the values of the flags.
type settings struct {
	n, questions, rounds int
	clients              []int
	time, overload       time.Duration
	crowd                int
	hostile              []int
	backoff              time.Duration
	seed                 uint64
	dir, bin, out        string
	flags                []string // more of serve's, for the overload
}

func main() {
	log.SetFlags(0)
	var s settings
	flag.IntVar(&s.n, "n", 100_000, "documents")
	flag.IntVar(&s.questions, "questions", 5000, "number of distinct queries")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds, in each of which library and HTTP alternate")
	clients := flag.String("clients", "1,8,64", "numbers of clients without overload")
	flag.DurationVar(&s.time, "time", 5*time.Second, "duration of a measurement")
	flag.DurationVar(&s.overload, "overload", time.Minute, "duration of the overload; 0 skips it")
	flag.IntVar(&s.crowd, "crowd", 0, "clients during the overload (default: four times the number that serve admits)")
	flag.DurationVar(&s.backoff, "backoff", 30*time.Millisecond, "mean wait of a client after a refusal")
	flag.Uint64Var(&s.seed, "seed", 1, "seed for the texts")
	flag.StringVar(&s.dir, "dir", "", "folder for the databases (default: a temporary one)")
	flag.StringVar(&s.bin, "bin", "", "frony-db to serve with (default: built from this checkout)")
	flag.StringVar(&s.out, "out", "loadbench.json", "file for all figures")
	attackers := flag.String("hostile", "", "numbers of hostile clients, of each kind, beside one ordinary client; measures nothing else")
	more := flag.String("serve", "", "more flags for serve during the overload, such as --queue-factor=2")
	flag.Parse()
	s.clients, s.hostile = numbers("-clients", *clients), numbers("-hostile", *attackers)
	s.flags = strings.Fields(*more)
	if s.crowd == 0 {
		// One slot less than CPUs, and a queue factor of four.
		s.crowd = 4 * max(1, runtime.GOMAXPROCS(0)-1) * (1 + 4)
	}
	if err := measure(context.Background(), &s); err != nil {
		log.Fatal(err)
	}
}

// numbers reads the list of a flag.
func numbers(name, list string) (all []int) {
	for c := range strings.SplitSeq(list, ",") {
		if list == "" {
			return nil
		}
		n, err := strconv.Atoi(c)
		if err != nil || n < 1 {
			log.Fatalf("%s %q: want numbers above 0", name, list)
		}
		all = append(all, n)
	}
	return all
}

func measure(ctx context.Context, s *settings) error {
	dir, err := os.MkdirTemp(s.dir, "loadbench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if s.bin == "" {
		s.bin = filepath.Join(dir, "frony-db")
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", s.bin, "./cmd/frony-db")
		build.Dir = ".." // the product's own module: go run -C bench starts this in bench
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w: %s", err, out)
		}
	}
	// One copy for the library and one for the server: only one process may
	// have a database open, and they take turns.
	own, served := filepath.Join(dir, "own"), filepath.Join(dir, "served")
	asked, err := fill(ctx, own, s)
	if err != nil {
		return err
	}
	r := &report{Machine: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0), Documents: s.n, Date: time.Now().UTC().Format(time.DateOnly)}
	if len(s.hostile) > 0 {
		if err := s.attacked(ctx, r, own, asked); err != nil {
			return err
		}
		fmt.Print(r.attacks())
		return r.save(s.out)
	}
	if err := os.CopyFS(served, os.DirFS(own)); err != nil {
		return err
	}
	d, c, err := open(ctx, own)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	if err := answer(ctx, c, asked); err != nil {
		return err
	}
	if err := s.compare(ctx, r, c, served, asked); err != nil {
		return err
	}
	if s.overload > 0 {
		if err := s.crowded(ctx, r, served, asked); err != nil {
			return err
		}
	}
	fmt.Print(r.markdown())
	return r.save(s.out)
}

func (r *report) save(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// question is a query and the ids of the documents that the library finds.
type question struct {
	text string
	ids  []string // nil: any answer is right
}

const k = 10

func open(ctx context.Context, dir string) (*db.DB, *db.Collection, error) {
	d, err := db.Open(dir, &db.Options{Embedder: builtin.New(), SyncEvery: time.Second})
	if err != nil {
		return nil, nil, err
	}
	c, err := d.Collection(ctx, "bench", nil)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return d, c, nil
}

// fill makes the database, closes it, and returns the queries.
func fill(ctx context.Context, dir string, s *settings) ([]question, error) {
	d, c, err := open(ctx, dir)
	if err != nil {
		return nil, err
	}
	g, rng := texts.New(s.seed), rand.New(rand.NewPCG(s.seed, 2))
	ids := make([]int, s.n)
	for i := range ids {
		ids[i] = i
	}
	var asked []question
	for part := range slices.Chunk(ids, 1000) {
		docs := make([]db.Document, len(part))
		for i, id := range part {
			docs[i] = db.Document{ID: fmt.Sprint("doc-", id), Text: g.Passage(), Metadata: db.Metadata{"lang": []string{"ko", "en"}[id%2], "year": 2000 + id%25}}
			if rng.IntN(s.n) < s.questions {
				asked = append(asked, question{text: g.Question(docs[i].Text)})
			}
		}
		if _, err := c.Upsert(ctx, docs...); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return asked, d.Close()
}

// answer records what the library finds for each query.
func answer(ctx context.Context, c *db.Collection, asked []question) error {
	for i := range asked {
		matches, err := c.Search(ctx, db.Query{Text: asked[i].text, K: k})
		if err != nil {
			return err
		}
		for _, m := range matches {
			asked[i].ids = append(asked[i].ids, m.Document.ID)
		}
	}
	return nil
}

// compare measures library and HTTP in turns, without overload.
func (s *settings) compare(ctx context.Context, r *report, c *db.Collection, dir string, asked []question) error {
	p, err := serve(ctx, s.bin, dir, "--patience=1000000", "--max-searches="+strconv.Itoa(runtime.GOMAXPROCS(0)))
	if err != nil {
		return err
	}
	defer p.stop()
	for _, n := range s.clients {
		library, http := &result{Clients: n}, &result{Clients: n}
		for round := range s.rounds {
			before := ownCPU()
			s.loop(n, s.time, uint64(round), asked, library, func(uint64) (asker, error) { return inProcess{ctx, c}, nil })
			library.CPU += ownCPU() - before
			before = p.cpu()
			s.loop(n, s.time, uint64(round), asked, http, func(uint64) (asker, error) { return dial(p.addr) })
			http.CPU += p.cpu() - before
		}
		library.finish()
		http.finish()
		r.Library, r.HTTP = append(r.Library, library), append(r.HTTP, http)
	}
	return nil
}

// crowded measures a server with its default limits: one client before and after, and the
// overload in between.
func (s *settings) crowded(ctx context.Context, r *report, dir string, asked []question) error {
	p, err := serve(ctx, s.bin, dir, s.flags...)
	if err != nil {
		return err
	}
	defer p.stop()
	connect := func(uint64) (asker, error) { return dial(p.addr) }
	alone, crowd := &result{Clients: 1}, &result{Clients: s.crowd}
	quiet := max(s.time, s.overload/4)
	s.loop(1, quiet/2, 0, asked, alone, connect)
	stop := p.watch(&r.RSS)
	before := p.cpu()
	s.loop(s.crowd, s.overload, 1, asked, crowd, connect)
	crowd.CPU = p.cpu() - before
	stop()
	s.loop(1, quiet/2, 2, asked, alone, connect)
	alone.finish()
	crowd.finish()
	r.Alone, r.Crowd = alone, crowd
	return nil
}
