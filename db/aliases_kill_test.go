package db_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

const aliasKillDocs = 60

// aliasChild copies the collection of an alias, switches to the copy, renames and drops
// until it is killed, and prints each step before and after it.
func aliasChild(dir string) error {
	ctx := context.Background()
	d, err := db.Open(dir, &db.Options{Embedder: embeddertest.New(32, 1)})
	if err != nil {
		return err
	}
	fmt.Println("open")
	for n := 0; ; n++ {
		c, err := d.Collection(ctx, "live", &db.CollectionOptions{MustExist: true})
		if err != nil {
			return err
		}
		was, next := c.Name(), fmt.Sprintf("v%d-%d", os.Getpid(), n)
		for _, step := range []func() error{
			func() error { _, err := d.Copy(ctx, was, next); return err },
			func() error { _, err := d.SetAlias(ctx, "live", next); return err },
			func() error { return d.Drop(ctx, was) },
			func() error { return d.Rename(ctx, next, next+"r") },
		} {
			if err := step(); err != nil {
				return err
			}
			fmt.Println("done")
		}
	}
}

// TestKillAliases: after a kill at any moment of a copy, a switch, a drop or a rename the
// alias leads to a whole collection, and nothing half is there.
func TestKillAliases(t *testing.T) {
	if testing.Short() {
		t.Skip("a long test; run without -short")
	}
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	opts := &db.Options{Embedder: embeddertest.New(32, 1)}
	d := open(t, dir, opts)
	fill(t, collection(t, d, "v", nil), aliasKillDocs)
	if _, err := d.SetAlias(ctx, "live", "v"); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	steps := 0
	for range 25 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(ctx, exe)
		cmd.Env = append(os.Environ(), "FRONYDB_ALIAS_DIR="+dir)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		for s := bufio.NewScanner(out); s.Scan(); {
			switch line := s.Text(); line {
			case "open":
				time.AfterFunc(time.Duration(rand.IntN(150))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			case "done":
				steps++
			default:
				t.Fatal(line)
			}
		}
		_ = cmd.Wait() // killed
		d = open(t, dir, opts)
		state := ""
		for info, err := range d.Collections(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			state += fmt.Sprintf(" %c%d", info.Name[len(info.Name)-1], len(info.Aliases))
			if n, err := collection(t, d, info.Name, nil).Count(ctx, filter.All()); n != aliasKillDocs || err != nil {
				t.Errorf("%s: %d documents, %v", info.Name, n, err)
			}
		}
		states[strings.Join(strings.FieldsFunc(state, func(r rune) bool { return r >= '2' && r <= '9' }), "")]++
		if _, err := d.Collection(ctx, "live", &db.CollectionOptions{MustExist: true}); err != nil {
			t.Fatal(err)
		}
		if strings.Count(state, " ") > 2 {
			t.Errorf("collections%s", state)
		}
		if r, err := d.Doctor(ctx, nil); err != nil || !r.OK() {
			t.Error(r, err)
		}
		// What a killed child has left beside the one that the alias leads to.
		for info, err := range d.Collections(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			if len(info.Aliases) == 0 {
				if err := d.Drop(ctx, info.Name); err != nil {
					t.Error(err)
				}
			}
		}
	}
	t.Logf("%d steps, states after the kills: %v", steps, states)
	if steps < 25 || len(states) < 2 {
		t.Errorf("the kills have seen only %d steps and %v", steps, states)
	}
}
