package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
)

const planVariable = "FRONYDB_TEST_CRASH_PLAN"

func TestMain(m *testing.M) {
	if plan := os.Getenv(planVariable); plan != "" {
		var p Plan
		err := json.Unmarshal([]byte(plan), &p)
		if err == nil {
			err = Child(context.Background(), p, os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func command(ctx context.Context, p Plan) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	plan, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), planVariable+"="+string(plan))
	return cmd
}

// Two hundred kills lose nothing and resurrect nothing.
func TestKills(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	o := Options{Dir: filepath.Join(t.TempDir(), "db"), Duration: 10 * time.Minute, Kills: kills, Seed: rand.Uint64(), Command: command}
	t.Logf("seed %d", o.Seed)
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", b)
	if !r.OK() || r.Kills != kills {
		t.Errorf("%d of %d kills: %v", r.Kills, kills, r.Faults)
	}
	if r.Acknowledged < kills || r.Searches == 0 {
		t.Error("the test did not test much")
	}
	if r.Recall < 0.95 {
		t.Errorf("recall %.3f", r.Recall)
	}
}

// The comparison detects a lost document, a resurrected one, a previous version, a
// changed one, and half an operation.
func TestComparison(t *testing.T) {
	const seed = 7
	for what, c := range map[string]struct {
		change func(got state)
		want   Report
	}{
		"lost":        {func(got state) { delete(got, 499) }, Report{Lost: 1}},
		"resurrected": {func(got state) { got[498] = 1 }, Report{Resurrected: 1}},
		"old":         {func(got state) { got[499] = 1 }, Report{Lost: 1, Resurrected: 1}},
	} {
		l := &loop{Report: Report{Seed: seed}}
		l.states[0] = state{499: 3}
		l.next[0] = 4
		got := state{499: 3}
		c.change(got)
		l.compare(0, got)
		if l.Lost != c.want.Lost || l.Resurrected != c.want.Resurrected || l.OK() {
			t.Errorf("%s: %+v", what, l.Report)
		}
	}
	n := 0
	op := operationOf(seed, 0, n)
	for ; op.delete || len(op.ids) < 2; op = operationOf(seed, 0, n) {
		n++
	}
	l := &loop{Report: Report{Seed: seed}}
	l.states[0], l.next[0] = state{}, n
	l.compare(0, state{op.ids[0]: n})
	if l.Torn != 1 || l.OK() {
		t.Errorf("half an operation: %+v", l.Report)
	}
	l = &loop{Report: Report{Seed: seed}}
	doc := document(seed, 1, 2, 3)
	if l.same(db.Document{ID: doc.ID, Text: doc.Text, Embedding: make([]float32, dims)}, 1, 2, 3) {
		t.Error("another embedding was not noticed")
	}
}
