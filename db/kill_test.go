package db_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
)

// TestMain runs the child of a kill test if its variable is set.
func TestMain(m *testing.M) {
	if dir := os.Getenv("FRONYDB_KILL_DIR"); dir != "" {
		if err := killChild(dir); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv("FRONYDB_ALIAS_DIR"); dir != "" {
		if err := aliasChild(dir); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv("FRONYDB_REEMBED_DIR"); dir != "" {
		if err := reembedChild(dir); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const killWriters = 3

// killOp returns the n-th operation of writer w. It is the same in the child and in
// the parent, which checks it.
func killOp(seed uint64, w, n int) (upserts []db.Document, deletes []string) {
	rng := rand.New(rand.NewPCG(seed+uint64(w), uint64(n)))
	id := func() string { return fmt.Sprintf("w%d-%d", w, rng.IntN(60)) }
	if rng.IntN(4) == 0 {
		return nil, []string{id()}
	}
	seen := map[string]bool{}
	for range 1 + rng.IntN(5) {
		if id := id(); !seen[id] {
			seen[id] = true
			upserts = append(upserts, db.Document{
				ID: id, Text: fmt.Sprintf("%s 판 %d %s", id, n, words[rng.IntN(len(words))]),
				Metadata: db.Metadata{"writer": w, "n": n},
			})
		}
	}
	return upserts, nil
}

// killChild writes until it is killed, and prints what was acknowledged.
func killChild(dir string) error {
	ctx := context.Background()
	seed, err := strconv.ParseUint(os.Getenv("FRONYDB_KILL_SEED"), 10, 64)
	if err != nil {
		return err
	}
	d, err := db.Open(dir, nil)
	if err != nil {
		return err
	}
	c, err := openKilled(ctx, d)
	if err != nil {
		return err
	}
	fmt.Println("open")
	var wg sync.WaitGroup
	errs := make(chan error, killWriters+1)
	if os.Getenv("FRONYDB_KILL_REEMBED") != "" {
		wg.Go(func() { errs <- changeModels(ctx, d, c) })
	}
	for w, from := range strings.Split(os.Getenv("FRONYDB_KILL_FROM"), ",") {
		n, err := strconv.Atoi(from)
		if err != nil {
			return err
		}
		wg.Go(func() {
			for ; ; n++ {
				up, del := killOp(seed, w, n)
				var err error
				if up != nil {
					_, err = c.Upsert(ctx, up...)
				} else {
					_, err = c.Delete(ctx, del...)
				}
				if err != nil {
					errs <- err
					return
				}
				// Writing a short line to a pipe is atomic.
				_, _ = fmt.Fprintf(os.Stdout, "%d %d\n", w, n)
			}
		})
	}
	wg.Wait()
	return <-errs
}

// openKilled opens the collection with its current model.
func openKilled(ctx context.Context, d *db.DB) (*db.Collection, error) {
	e := killModels[0]
	for info, err := range d.Collections(ctx) {
		if err != nil {
			return nil, err
		}
		e = killModel(info.Model)
	}
	return d.Collection(ctx, "kill", &db.CollectionOptions{Embedder: e})
}

// TestKill: when the process is killed at any moment, no acknowledged write is lost,
// and no deleted document returns.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("a long test; run without -short")
	}
	if _, err := os.Executable(); err != nil {
		t.Fatal(err)
	}
	rng := random(t)
	kills := 50
	k := &killed{dir: t.TempDir(), seed: rng.Uint64()}
	for range kills {
		k.run(t, time.Duration(rng.IntN(60))*time.Millisecond)
		k.verify(t)
		if t.Failed() {
			return
		}
	}
	acked := 0
	for _, n := range k.next {
		acked += n
	}
	t.Logf("%d kills, %d operations acknowledged, none lost", kills, acked)
	if acked < kills {
		t.Errorf("only %d operations were acknowledged, too few for the test", acked)
	}
}

type killed struct {
	dir  string
	seed uint64
	env  []string         // added to the child's environment
	base int              // documents that no writer touches
	next [killWriters]int // the first operation of each writer that was not acknowledged
	docs [killWriters]map[string]db.Document
}

// run starts a child and kills it some time after its database is open.
func (k *killed) run(t *testing.T, after time.Duration) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), "FRONYDB_KILL_DIR="+k.dir, fmt.Sprintf("FRONYDB_KILL_SEED=%d", k.seed),
		fmt.Sprintf("FRONYDB_KILL_FROM=%d,%d,%d", k.next[0], k.next[1], k.next[2]))
	cmd.Env = append(cmd.Env, k.env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		var w, n int
		switch {
		case line == "open":
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		case strings.HasPrefix(line, "error"):
			t.Error(line)
		default:
			if _, err := fmt.Sscan(line, &w, &n); err != nil || n != k.next[w] {
				t.Fatalf("child said %q, writer at %d", line, k.next[w])
			}
			k.apply(w, n)
			k.next[w] = n + 1
		}
	}
	_ = cmd.Wait() // it was killed
}

func (k *killed) apply(w, n int) {
	if k.docs[w] == nil {
		k.docs[w] = map[string]db.Document{}
	}
	up, del := killOp(k.seed, w, n)
	for _, d := range up {
		k.docs[w][d.ID] = d
	}
	for _, id := range del {
		delete(k.docs[w], id)
	}
}

// verify opens the database and checks the store and every document, by id and by
// search. An unacknowledged operation must have been done completely or not at all.
func (k *killed) verify(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	d, err := db.Open(k.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := openKilled(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	// The store may contradict itself long before a document is missing.
	if r, err := d.Doctor(ctx, &db.DoctorOptions{Sample: 1}); err != nil || !r.OK() {
		t.Errorf("doctor: %+v, %v", r, err)
	}
	got := [killWriters]map[string]string{{}, {}, {}}
	base := 0
	for doc, err := range c.Scan(ctx, db.Scan{}) {
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := doc.Metadata["writer"].(int64); ok {
			got[w][doc.ID] = doc.Text
		} else {
			base++
		}
	}
	if base != k.base {
		t.Errorf("%d documents outside the writers' ranges, want %d", base, k.base)
	}
	for w := range killWriters {
		if !k.same(w, got[w]) {
			k.apply(w, k.next[w])
			k.next[w]++
			if !k.same(w, got[w]) {
				t.Fatalf("writer %d at operation %d: the store has %v, want %v", w, k.next[w], got[w], k.docs[w])
			}
		}
		for id, doc := range k.docs[w] {
			m, err := c.Search(ctx, db.Query{Text: doc.Text, K: 3, Fields: db.FieldsNone})
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, m := range m {
				found = found || m.Document.ID == id
			}
			if !found {
				t.Errorf("%s is in the store but not found by search: %v", id, m)
			}
		}
	}
}

func (k *killed) same(w int, got map[string]string) bool {
	if len(got) != len(k.docs[w]) {
		return false
	}
	for id, text := range got {
		if k.docs[w][id].Text != text {
			return false
		}
	}
	return true
}
