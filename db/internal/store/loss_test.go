package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// documentsIn opens the files as a store and returns the ids of its documents.
func documentsIn(t *testing.T, all map[string][]byte, cid uint32, o Options) (docs, lost []string, err error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(filepath.Dir(dir)) }()
	for n, b := range all {
		if err := os.WriteFile(filepath.Join(dir, n), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir, o)
	if err != nil {
		for n, b := range all {
			if got, err := os.ReadFile(filepath.Join(dir, n)); err != nil || !bytes.Equal(got, b) {
				t.Errorf("the store was refused, and %s was changed: %v", n, err)
			}
		}
		return nil, nil, err
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	v := s.View(nil)
	defer v.Close()
	for r, err := range v.Records(cid, WithAll) {
		if err != nil {
			return docs, s.Lost(), err
		}
		docs = append(docs, r.Record.ID)
	}
	slices.Sort(docs)
	return docs, s.Lost(), nil
}

// killed is a store of five documents, each written by a transaction of its own, as a
// kill leaves it.
func killed(t *testing.T) (all map[string][]byte, cid uint32, ends []int) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir)
	cid = create(t, s, "c")
	for i := range 5 {
		commit(t, s, &Batch{Collection: cid, Puts: put(fmt.Sprint(i))})
		all = files(t, dir)
		ends = append(ends, len(all[named(all, ".mem")]))
	}
	return all, cid, ends
}

// A byte of the log is flipped: the store is refused, and the error names the
// document. Who goes on without it has all others.
func TestFlippedLog(t *testing.T) {
	t.Parallel()
	all, cid, ends := killed(t)
	name := named(all, ".mem")
	for _, at := range every(ends[1], len(all[name])) {
		hurt := cloneFiles(all)
		hurt[name][at] ^= 0x41
		in := 2
		for at >= ends[in] {
			in++
		}
		docs, _, err := documentsIn(t, hurt, cid, Options{})
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), name) && !strings.Contains(err.Error(), "acknowledged") {
			t.Fatalf("byte %d, in document %d: %v %v", at, in, docs, err)
		}
		docs, lost, err := documentsIn(t, hurt, cid, Options{AcceptLoss: true})
		want := slices.Delete([]string{"0", "1", "2", "3", "4"}, in, in+1)
		if err != nil || len(lost) == 0 || !slices.Equal(docs, want) && len(docs) != 5 { // 5: it was the end of a transaction
			t.Fatalf("byte %d, in document %d: accepted: %v %v %v", at, in, docs, lost, err)
		}
	}
}

// A log that is gone, or cut at the end of a transaction, is not an empty one.
func TestMissingLog(t *testing.T) {
	t.Parallel()
	all, cid, ends := killed(t)
	name := named(all, ".mem")
	for n, end := range ends[:4] {
		hurt := cloneFiles(all)
		hurt[name] = hurt[name][:end]
		if docs, _, err := documentsIn(t, hurt, cid, Options{}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut behind document %d: %v %v", n, docs, err)
		}
		if docs, lost, err := documentsIn(t, hurt, cid, Options{AcceptLoss: true}); err != nil || len(lost) == 0 || len(docs) != n+1 {
			t.Errorf("cut behind document %d: accepted: %v %v %v", n, docs, lost, err)
		}
	}
	delete(all, name)
	if docs, _, err := documentsIn(t, all, cid, Options{}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("no log: %v %v", docs, err)
	}
	if docs, lost, err := documentsIn(t, all, cid, Options{AcceptLoss: true}); err != nil || len(lost) == 0 || len(docs) != 0 {
		t.Errorf("no log: accepted: %v %v %v", docs, lost, err)
	}
}

// After a loss was accepted, timestamps go on behind those that were acknowledged, and
// the next opening is an ordinary one.
func TestAcceptedLossIsOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	for i := range 5 {
		commit(t, s, &Batch{Collection: cid, Puts: put(fmt.Sprint(i))})
	}
	newest := s.pins.newest()
	lost := t.TempDir()
	for n, b := range files(t, dir) {
		if filepath.Ext(n) != ".mem" {
			if err := os.WriteFile(filepath.Join(lost, n), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, o := range []Options{{AcceptLoss: true}, {}, {ReadOnly: true}} {
		s, err := Open(lost, o)
		if err != nil {
			t.Fatal(o, err)
		}
		if got := s.pins.newest(); got < newest {
			t.Errorf("%+v: the newest transaction is %d, want %d at least", o, got, newest)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A list of tables that is cut at the end of a change, or an older one, or damaged, or
// gone: the store is refused and no table is deleted. Who goes on has all documents,
// from the tables themselves.
func TestShortManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var sizes []int
	var cid uint32
	for i := range 4 {
		s := open(t, dir)
		if i == 0 {
			cid = create(t, s, "c")
		}
		commit(t, s, &Batch{Collection: cid, Puts: put(fmt.Sprint(i))})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(files(t, dir)["MANIFEST"]))
	}
	all := files(t, dir)
	want := []string{"0", "1", "2", "3"}
	cases := map[string][]byte{"gone": nil, "empty": {}, "head only": all["MANIFEST"][:8]}
	for _, n := range sizes[:3] {
		cases[fmt.Sprint("cut at ", n)] = all["MANIFEST"][:n]
		flipped := bytes.Clone(all["MANIFEST"])
		flipped[n+9] ^= 4
		cases[fmt.Sprint("flipped at ", n+9)] = flipped
	}
	for what, m := range cases {
		hurt := cloneFiles(all)
		if hurt["MANIFEST"] = m; m == nil {
			delete(hurt, "MANIFEST")
		}
		if docs, _, err := documentsIn(t, hurt, cid, Options{}); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "MANIFEST") {
			t.Errorf("%s: %v %v", what, docs, err)
		}
		if docs, _, err := documentsIn(t, hurt, cid, Options{AcceptLoss: true}); err != nil || !slices.Equal(docs, want) {
			t.Errorf("%s: accepted: %v %v", what, docs, err)
		}
	}
}

// A kill between a table and the change that names it leaves a table of which all is in
// the log: nothing is lost, and nothing is said.
func TestUnnamedTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("1", "2")})
	before := files(t, dir)
	if err := s.Close(); err != nil { // makes a table of the log
		t.Fatal(err)
	}
	after := files(t, dir)
	before[named(after, ".sst")] = after[named(after, ".sst")]
	if docs, _, err := documentsIn(t, before, cid, Options{}); err != nil || len(docs) != 2 {
		t.Error(docs, err)
	}
}

func cloneFiles(all map[string][]byte) map[string][]byte {
	c := make(map[string][]byte, len(all))
	for n, b := range all {
		c[n] = bytes.Clone(b)
	}
	return c
}
