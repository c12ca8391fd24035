package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// The child process of a kill test is this test binary, with the arguments of frony-db
// in FRONYDB_TEST_ARGS.
func TestMain(m *testing.M) {
	if args := os.Getenv("FRONYDB_TEST_ARGS"); args != "" {
		os.Exit(run(context.Background(), strings.Split(args, "\n"), os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// An import that is killed at any moment and restarted, any number of times, stores
// every document exactly once. Some rows have no id, and some Markdown files had more
// chunks before.
func TestKilledImport(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 8
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := newCLI(t)
	began := time.Now()
	want := killFiles(c, rng)
	took := time.Since(began) // of an import that nobody kills, or a little more
	imports, missing, doubled := 0, 0, 0
	args := []string{"import", "rows.jsonl", "docs", "--chunk", "100", "-q"}
	for killed := 0; killed < kills; {
		db := fmt.Sprintf("db%d", imports)
		// The previous version of the folder, whose chunks must be deleted.
		c.imported(exitOK, "old", "--chunk", "100", "--db", db)
		for killed < kills {
			if !runKilled(t, append(args, "--db", db), time.Duration(rng.Int64N(int64(took)))) {
				break
			}
			killed++
		}
		c.ok(append(args, "--db", db)...)
		imports++
		got := c.ids("--db", db)
		for _, id := range want {
			if _, ok := slices.BinarySearch(got, id); !ok {
				missing++
			}
		}
		doubled += len(got) - len(want) + missing
		if !slices.Equal(got, want) {
			t.Fatalf("after %d kills: %d documents, want %d", killed, len(got), len(want))
		}
		if r := c.imported(exitOK, append(args[1:], "--db", db)...); r.Written+r.Removed != 0 || r.Unchanged != int64(len(want)) {
			t.Fatalf("the complete import is not complete: %+v", r)
		}
		_ = os.RemoveAll(db)
	}
	t.Logf("%d kills in %d imports of %d documents: %d missing, %d doubled", kills, imports, len(want), missing, doubled)
}

// killFiles writes the files to import, and returns the expected ids.
func killFiles(c cli, rng *rand.Rand) []string {
	c.t.Helper()
	var rows strings.Builder
	ids := map[string]bool{}
	for i := range 2000 {
		row := map[string]any{"text": fmt.Sprintf("문서 %d 번, %d", i, rng.Uint64()), "n": i}
		if i%3 > 0 {
			row["id"] = fmt.Sprintf("row-%d", i)
			ids[fmt.Sprintf("row-%d", i)] = true
		}
		b, err := json.Marshal(row)
		if err != nil {
			c.t.Fatal(err)
		}
		rows.Write(append(b, '\n'))
	}
	c.write("rows.jsonl", rows.String())
	for i := range 40 {
		name := fmt.Sprintf("%02d.md", i)
		c.write("old/"+name, guide(8, "옛"))
		n := 2 + rng.IntN(5)
		c.write("docs/"+name, guide(n, "새"))
		for k := range n {
			ids[fmt.Sprintf("%s#%d", name, k)] = true
		}
	}
	// Rows without id have the ids of an undisturbed import.
	c.imported(exitOK, "rows.jsonl", "--db", "undisturbed")
	for _, id := range c.ids("--db", "undisturbed") {
		ids[id] = true
	}
	if n := 2000 + strings.Count(fmt.Sprint(ids), "#"); len(ids) != n {
		c.t.Fatalf("%d ids, want %d", len(ids), n)
	}
	var want []string
	for id := range ids {
		want = append(want, id)
	}
	slices.Sort(want)
	return want
}

// runKilled runs frony-db and kills it. It returns false if it had ended before.
func runKilled(t *testing.T, args []string, after time.Duration) bool {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), "FRONYDB_TEST_ARGS="+strings.Join(args, "\n"))
	var errOut strings.Builder
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() >= 0 {
		t.Fatalf("%q: exit code %d\n%s", args, exit.ExitCode(), &errOut)
	}
	return err != nil
}
