package db_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

var killModels = []*embeddertest.Fake{embeddertest.New(384, 1), embeddertest.New(256, 2), embeddertest.New(64, 3)}

// killModel returns a model with the spec.
func killModel(spec *embedder.Spec) *embeddertest.Fake {
	for _, e := range killModels {
		if e.Spec().Fingerprint() == spec.Fingerprint() {
			return e
		}
	}
	panic("no such model: " + spec.Model)
}

// changeModels changes the collection's model until it is killed. It resumes an
// unfinished change, or rolls it back.
func changeModels(ctx context.Context, d *db.DB, c *db.Collection) error {
	for {
		if err := changeModel(ctx, d, c); err != nil && !errors.Is(err, db.ErrNoReembed) {
			return fmt.Errorf("change of the model: %w", err)
		}
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond) // let the writers run
	}
}

func changeModel(ctx context.Context, d *db.DB, c *db.Collection) error {
	var at db.CollectionInfo
	for info, err := range d.Collections(ctx) {
		if err != nil {
			return err
		}
		at = info
	}
	o := &db.ReembedOptions{Sample: -1}
	r := at.Reembedding
	switch {
	case r == nil:
		to := killModels[rand.IntN(len(killModels))]
		_, err := c.Reembed(ctx, to, o)
		return err
	case r.Switched && rand.IntN(2) == 0:
		return c.Confirm(ctx)
	case r.Switched || rand.IntN(4) == 0:
		_, err := c.Rollback(ctx, &db.RollbackOptions{Embedder: killModel(r.Other.Model)})
		return err
	}
	_, err := c.Reembed(ctx, killModel(r.Other.Model), o)
	return err
}

// TestKillReembed: when the process is killed at any moment of a change of the model,
// before, during and after the switch, with concurrent writers, no acknowledged write
// is lost, and no deleted document returns.
func TestKillReembed(t *testing.T) {
	if testing.Short() {
		t.Skip("a long test; run without -short")
	}
	rng := random(t)
	k := &killed{dir: t.TempDir(), seed: rng.Uint64(), env: []string{"FRONYDB_KILL_REEMBED=1"}, base: 100}
	d := open(t, k.dir, &db.Options{})
	fill(t, collection(t, d, "kill", &db.CollectionOptions{Embedder: killModels[0]}), k.base)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	versions := map[string]int{}
	for i := range 40 {
		k.run(t, time.Duration(rng.IntN(300))*time.Millisecond)
		versions[k.version(t, i%8 == 7)]++
		k.verify(t)
		if t.Failed() {
			return
		}
	}
	t.Log("states after the kills:", versions)
	if len(versions) < 2 {
		t.Errorf("the kills left only %v", versions)
	}
}

// version returns the state in which a kill left a change, and finishes it if end is
// set.
func (k *killed) version(t *testing.T, end bool) string {
	t.Helper()
	d := open(t, k.dir, &db.Options{})
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := status(t, d, "kill")
	if end {
		c, err := openKilled(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		for r := r; r != nil; r = status(t, d, "kill") {
			if err := changeModel(t.Context(), d, c); err != nil {
				t.Fatal(err)
			}
		}
		sound(t, d, c, killModel(c.Model()))
	}
	switch {
	case r == nil:
		return "one version"
	case r.Switched:
		return "a version before"
	}
	return "a new version"
}

// reembedChild is the second child. It changes the model and prints what it embeds.
func reembedChild(dir string) error {
	d, err := db.Open(dir, &db.Options{})
	if err != nil {
		return err
	}
	c, err := d.Collection(context.Background(), "kill", &db.CollectionOptions{Embedder: killModels[0]})
	if err != nil {
		return err
	}
	fmt.Println("open 0")
	_, err = c.Reembed(context.Background(), telling{killModels[1]}, &db.ReembedOptions{NoSwitch: true})
	if err != nil {
		return err
	}
	fmt.Println("done 0")
	return d.Close()
}

type telling struct{ *embeddertest.Fake }

func (e telling) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	vecs, err := e.Fake.EmbedPassages(ctx, texts)
	fmt.Println("embedded", len(texts))
	time.Sleep(5 * time.Millisecond) // so that the kill interrupts it
	return vecs, err
}

// TestKillReembedGoesOn: a change that was killed embeds at most the current batch
// again.
func TestKillReembedGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("a long test; run without -short")
	}
	rng := random(t)
	dir := t.TempDir()
	d := open(t, dir, &db.Options{})
	const docs = 4000
	fill(t, collection(t, d, "kill", &db.CollectionOptions{Embedder: killModels[0]}), docs)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	kills, embedded, again, done := 0, 0, 0, false
	for !done {
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), "FRONYDB_REEMBED_DIR="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		batches := 1 + rng.IntN(4) // before the kill
		last := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var what string
			var n int
			if _, err := fmt.Sscan(lines.Text(), &what, &n); err != nil || what == "error" {
				t.Fatal(lines.Text())
			}
			done = done || what == "done"
			embedded += n
			if what != "embedded" {
				continue
			}
			last = n
			if batches--; batches == 0 {
				kills++
				time.AfterFunc(time.Duration(rng.IntN(12))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
		}
		_ = cmd.Wait() // killed or done
		if !done {
			again += last
		}
	}
	t.Logf("%d kills, %d texts embedded for %d documents", kills, embedded, docs)
	if embedded < docs || embedded > docs+again {
		t.Errorf("%d texts were embedded for %d documents; the interrupted batches had %d", embedded, docs, again)
	}
}
