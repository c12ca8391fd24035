package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// texts opens a collection with the model and fills it with n texts.
func texts(t *testing.T, d *DB, e *embeddertest.Fake, n int) *Collection {
	t.Helper()
	c, err := d.Collection(t.Context(), "notes", &CollectionOptions{Embedder: e})
	if err != nil {
		t.Fatal(err)
	}
	docs := make([]Document, n)
	for i := range docs {
		docs[i] = Document{ID: fmt.Sprint(i), Text: fmt.Sprint("문서 number ", i)}
	}
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestReembedBackupChain: incremental backups continue across a change of the model.
// None holds the hidden version; the first one after the switch holds the whole new
// version.
func TestReembedBackupChain(t *testing.T) {
	t.Parallel()
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	was, is := embeddertest.New(16, 1), embeddertest.New(8, 2)
	c := texts(t, d, was, 600)
	var chain [][]byte
	var base *BackupInfo
	for step, do := range []func() error{
		func() error { return nil },
		func() error { // before the switch
			_, err := c.Reembed(t.Context(), is, &ReembedOptions{NoSwitch: true})
			return err
		},
		func() error { _, err := c.Reembed(t.Context(), is, nil); return err },
		func() error {
			_, err := c.Upsert(t.Context(), Document{ID: "new", Text: "새 문서"})
			return err
		},
		func() error { _, err := c.Rollback(t.Context(), &RollbackOptions{Embedder: was}); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(step, err)
		}
		b, info := backup(t, d, base)
		chain, base = append(chain, b), info
		if _, err := c.Upsert(t.Context(), Document{ID: "later", Text: fmt.Sprint("나중 ", step)}); err != nil {
			t.Fatal(err)
		}
		b, info = backup(t, d, base)
		chain, base = append(chain, b), info
		dir := filepath.Join(t.TempDir(), "restored")
		if _, err := Restore(t.Context(), dir, nil, readers(chain...)...); err != nil {
			t.Fatal(step, err)
		}
		again, _ := openLogged(t, dir)
		for info, err := range again.Collections(t.Context()) {
			if err != nil || info.Reembedding != nil || info.Dims != c.Dims() {
				t.Errorf("step %d: restored %+v, %v", step, info, err)
			}
		}
		restored, err := again.Collection(t.Context(), "notes", nil)
		if err != nil {
			t.Fatal(err)
		}
		sameDocuments(t, c, restored)
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(chain[1]) > len(chain[0])/4 {
		t.Errorf("one document more takes %d bytes, all of them %d", len(chain[1]), len(chain[0]))
	}
}

// TestReembedDoctor: Doctor checks the store of hidden versions, and repairs it.
func TestReembedDoctor(t *testing.T) {
	t.Parallel()
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	was, is := embeddertest.New(16, 1), embeddertest.New(8, 2)
	c := texts(t, d, was, 600)
	health := func(repair bool) DoctorReport {
		t.Helper()
		r, err := d.Doctor(t.Context(), &DoctorOptions{Repair: repair})
		if err != nil || len(r.Collections) != 2 || !r.Collections[0].OK() {
			t.Fatalf("%+v, %v", r, err)
		}
		return r
	}
	for _, version := range []string{"new", "previous"} {
		if _, err := c.Reembed(t.Context(), is, &ReembedOptions{NoSwitch: version == "new"}); err != nil {
			t.Fatal(err)
		}
		if r := health(false); !r.OK() || r.Collections[1].Version != version || r.Collections[1].Documents != 600 {
			t.Errorf("%+v", r)
		}
	}
	h, _ := d.st.Hidden("notes")
	vec := store.AppendVector(nil, append([]float32{1}, make([]float32, 15)...))
	done, err := d.st.Commit(&store.Batch{Collection: h.ID, Puts: []store.Put{
		{ID: "a name", Record: store.AppendRecord(nil, &store.Record{ID: "another"}), Vector: vec},
	}})
	if err != nil {
		t.Fatal(err)
	}
	done.Release()
	if r := health(false); r.OK() || !strings.Contains(r.Collections[1].Faults[0].Detail, "does not lead to it") {
		t.Errorf("%+v", r)
	}
	if r := health(true); !r.OK() || r.Collections[1].Repaired == "" || r.Collections[1].Found.FaultCount != 2 {
		t.Errorf("%+v", r)
	}
	if r := health(false); !r.OK() {
		t.Errorf("%+v", r)
	}
}

// TestReembedComparesAgain: if keys are repaired during a change of the model, the
// change compares all documents again.
func TestReembedComparesAgain(t *testing.T) {
	t.Parallel()
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	c := texts(t, d, embeddertest.New(16, 1), 600)
	e := &hooked{Fake: embeddertest.New(8, 2)}
	e.hook = func() { // all documents have been compared
		vec := store.AppendVector(nil, append([]float32{1}, make([]float32, 15)...))
		done, err := d.st.Commit(&store.Batch{Collection: idOf(c), Puts: []store.Put{ // its id does not lead to it
			{ID: "lost", Record: store.AppendRecord(nil, &store.Record{ID: "mended", Text: "찾은 문서"}), Vector: vec},
		}})
		if err != nil {
			t.Error(err)
			return
		}
		done.Release()
		if r, err := d.Doctor(t.Context(), &DoctorOptions{Repair: true}); err != nil || !r.OK() {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if _, err := c.Reembed(t.Context(), e, &ReembedOptions{Sample: -1}); err != nil {
		t.Fatal(err)
	}
	if docs, err := c.Get(t.Context(), "mended"); err != nil || docs[0].Text != "찾은 문서" {
		t.Errorf("%+v, %v", docs, err)
	}
}

// hooked calls a function before its first batch.
type hooked struct {
	*embeddertest.Fake
	once sync.Once
	hook func()
}

func (h *hooked) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	h.once.Do(h.hook)
	return h.Fake.EmbedPassages(ctx, texts)
}

// TestReembedLeavesNoFiles: the files of dropped versions are removed, and no others.
func TestReembedLeavesNoFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	was, is := embeddertest.New(16, 1), embeddertest.New(8, 2)
	c := texts(t, d, was, 600)
	files := func() string {
		entries, err := os.ReadDir(filepath.Join(dir, derivedDir))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, strings.TrimLeft(e.Name(), "0"))
		}
		return strings.Join(names, " ")
	}
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { _, err := c.Reembed(t.Context(), is, &ReembedOptions{NoSwitch: true}); return err }, "1.rows 2.rows 2.snapshot"},
		{func() error { _, err := c.Rollback(t.Context(), nil); return err }, "1.rows"},
		{func() error { _, err := c.Reembed(t.Context(), is, nil); return err }, "1.rows 3.rows"},
		{func() error { return c.Confirm(t.Context()) }, "3.rows"},
		{func() error { _, err := c.Reembed(t.Context(), was, nil); return err }, "3.rows 4.rows"},
		{func() error { _, err := c.Rollback(t.Context(), &RollbackOptions{Embedder: is}); return err }, "3.rows"},
		{func() error { _, err := c.Reembed(t.Context(), was, nil); return err }, "3.rows 5.rows"},
		{func() error { return d.Drop(t.Context(), "notes") }, ""},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := files(); got != step.want {
			t.Errorf("the files are %q, want %q", got, step.want)
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestReembedEndsAnywhere: a drop or a close ends a change of the model at any
// moment, particularly around the switch. After the drop nothing is left, after the
// close everything.
func TestReembedEndsAnywhere(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	was, is := embeddertest.New(16, 1), embeddertest.New(8, 2)
	met := map[string]int{}
	rounds := 30
	if testing.Short() {
		rounds = 8
	}
	whole := 20 * time.Millisecond // duration of a change, adjusted by each round
	for round := range rounds {
		dir := t.TempDir()
		d, _ := openLogged(t, dir)
		c := texts(t, d, was, 400)
		delay := time.Duration(rng.Int64N(int64(2 * whole)))
		ended := make(chan error)
		go func() {
			start := time.Now()
			_, err := c.Reembed(context.Background(), is, &ReembedOptions{Sample: -1})
			if err == nil {
				whole = max(whole, time.Since(start))
			} else {
				whole += whole / 8
			}
			if err == nil && round%4 > 1 {
				_, err = c.Rollback(context.Background(), &RollbackOptions{Embedder: was})
			}
			ended <- err
		}()
		time.Sleep(delay)
		if round%2 == 0 {
			if err := d.Drop(t.Context(), "notes"); err != nil {
				t.Fatal(err)
			}
			err := <-ended
			met[fmt.Sprintf("drop, done %v", err == nil)]++
			if err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrNoCollection) {
				t.Error(err)
			}
			if left := listing(t, filepath.Join(dir, derivedDir)); left != "" {
				t.Errorf("a drop left files:\n%s", left)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		err := <-ended
		met[fmt.Sprintf("close, done %v", err == nil)]++
		if err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		d, log := openLogged(t, dir)
		for info, err := range d.Collections(t.Context()) {
			if err != nil || info.Documents != 400 || info.Reembedding != nil && info.Reembedding.Switched && info.Dims != 8 {
				t.Errorf("%+v, %v", info, err)
			}
		}
		if r, err := d.Doctor(t.Context(), nil); err != nil || !r.OK() {
			t.Errorf("%+v, %v\n%s", r, err, log)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Log("met:", met)
}

// TestReembedDamaged: a document that can't be read stops a change of the model and
// is named. After it is deleted, the change succeeds.
func TestReembedDamaged(t *testing.T) {
	t.Parallel()
	dir, was := t.TempDir(), embeddertest.New(16, 1)
	d, _ := openLogged(t, dir)
	done, err := d.st.Commit(&store.Batch{Collection: idOf(texts(t, d, was, 100)), Puts: []store.Put{
		{ID: "torn", Record: make([]byte, 20), Vector: store.AppendVector(nil, make([]float32, 16))},
	}})
	if err != nil {
		t.Fatal(err)
	}
	done.Release()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, _ = openLogged(t, dir)
	defer func() { _ = d.Close() }()
	c, err := d.Collection(t.Context(), "notes", &CollectionOptions{Embedder: was})
	if err != nil {
		t.Fatal(err)
	}
	is := embeddertest.New(8, 2)
	if _, err := c.Reembed(t.Context(), is, nil); !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), `document "torn"`) {
		t.Errorf("a damaged document: %v", err)
	}
	if _, err := c.Delete(t.Context(), "torn"); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Reembed(t.Context(), is, nil); err != nil || r.To.Documents != 100 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestReembedCommitFails: a switch, rollback or confirmation that can't be written
// changes nothing. The collection still takes writes, and the same call succeeds
// later.
func TestReembedCommitFails(t *testing.T) {
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	was, is := embeddertest.New(16, 1), embeddertest.New(8, 2)
	c := texts(t, d, was, 600)
	if _, err := c.Reembed(t.Context(), is, &ReembedOptions{NoSwitch: true}); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is full of holes")
	written := 0
	for i, step := range []struct {
		do            func() error
		before, after int // dims
	}{
		{func() error { _, err := c.Reembed(t.Context(), is, nil); return err }, 16, 8},
		{func() error { _, err := c.Rollback(t.Context(), &RollbackOptions{Embedder: was}); return err }, 8, 16},
		{func() error { _, err := c.Reembed(t.Context(), is, nil); return err }, 16, 8},
		{func() error { return c.Confirm(t.Context()) }, 8, 8},
	} {
		restore := disk.Fail(func(s disk.Step, _ string) error {
			if s == disk.Commit {
				return broken
			}
			return nil
		})
		if err := step.do(); !errors.Is(err, broken) {
			t.Errorf("step %d: %v", i, err)
		}
		restore()
		check := func(dims int) {
			t.Helper()
			if c.Dims() != dims {
				t.Errorf("step %d: %d dims, want %d", i, c.Dims(), dims)
			}
			id := fmt.Sprint("written ", written)
			written++
			if _, err := c.Upsert(t.Context(), Document{ID: id, Text: id}); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			m, err := c.Search(t.Context(), Query{Text: id, K: 1, Mode: Dense})
			if err != nil || len(m) != 1 || m[0].Document.ID != id {
				t.Errorf("step %d: %v %v", i, m, err)
			}
			if n, err := c.Count(t.Context(), filter.All()); err != nil || n != 600+written {
				t.Errorf("step %d: %d documents, %v", i, n, err)
			}
		}
		check(step.before)
		if err := step.do(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		check(step.after)
	}
	if r, err := d.Doctor(t.Context(), nil); err != nil || !r.OK() {
		t.Errorf("%+v, %v", r, err)
	}
}
