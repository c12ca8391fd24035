package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestDrive has the databases in Go do once all that a round asks for.
func TestDrive(t *testing.T) {
	b, err := newBench(t.Context(), options{n: 1000, queries: 20, seed: 1}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range databases {
		if inPython(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var in, out bytes.Buffer
			for _, c := range []command{
				{Op: "open", Dir: t.TempDir(), Create: true},
				{Op: "load", To: 1000, Batch: 300},
				{Op: "search", N: 20, Budget: 10},
				{Op: "search", N: 20, Budget: 10, Filter: "part"},
				{Op: "search", N: 20, Budget: 10, Filter: "shelf"},
				{Op: "delete", Rows: b.deleted, Batch: 100},
				{Op: "insert", From: 1000, To: 1300, Batch: 150, Ack: true},
				{Op: "upkeep"},
				{Op: "search", N: 20, Budget: 10},
				{Op: "count"},
				{Op: "check", To: 1300, Batch: 100},
				{Op: "juggle"},
				{Op: "close"},
			} {
				if err := json.NewEncoder(&in).Encode(c); err != nil {
					t.Fatal(err)
				}
			}
			if err := drive(t.Context(), name, b.data, &in, &out); err != nil {
				t.Fatal(err)
			}
			replies := json.NewDecoder(&out)
			next := func() (r reply) {
				t.Helper()
				if err := replies.Decode(&r); err != nil {
					t.Fatal(err)
				}
				return r
			}
			done := func(op string) {
				t.Helper()
				if r := next(); r.Error != "" || r.Seconds <= 0 {
					t.Errorf("%s: %+v", op, r)
				}
			}
			done("open")
			done("load")
			recalls := func(what string, truth *truth) {
				t.Helper()
				r := next()
				if got := truth.recall(r.Found); r.Error != "" || got < 0.99 || len(r.Took) != 20 {
					t.Errorf("%s: recall %v of %d queries, error %q", what, got, len(r.Took), r.Error)
				}
			}
			recalls("loaded", b.all)
			recalls("part", b.part)
			recalls("shelf", b.shelf)
			done("delete")
			if first, second := next(), next(); first.Acked != 1150 || second.Acked != 1300 {
				t.Errorf("acknowledged %d and %d, want 1150 and 1300", first.Acked, second.Acked)
			}
			done("insert")
			done("upkeep")
			recalls("churned", b.churned)
			if r := next(); r.Count != 1000 {
				t.Errorf("count = %d, want 1000", r.Count)
			}
			if r := next(); r.Missing != len(b.deleted) || r.Unfound != 0 {
				t.Errorf("check: %d missing and %d not found, want %d and none", r.Missing, r.Unfound, len(b.deleted))
			}
			if r := next(); r.Error == "" {
				t.Error("an unknown command is no error")
			}
			done("close")
		})
	}
}
