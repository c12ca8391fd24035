package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/db/internal/disk"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

func create(t testing.TB, s *Store, name string) uint32 {
	t.Helper()
	info, err := s.CreateCollection(name, map[string]int{"x": 1})
	if err != nil {
		t.Fatal(err)
	}
	return info.ID
}

func put(ids ...string) []Put {
	var puts []Put
	for _, id := range ids {
		puts = append(puts, Put{ID: id, Record: AppendRecord(nil, &Record{ID: id, Text: "text of " + id}), Vector: AppendVector(nil, []float32{1, 2})})
	}
	return puts
}

func commit(t testing.TB, s *Store, b *Batch) *Committed {
	t.Helper()
	done, err := s.Commit(b)
	if err != nil {
		t.Fatal(err)
	}
	done.Release()
	return done
}

func ids(t *testing.T, s *Store, cid uint32) []string {
	t.Helper()
	v := s.View(nil)
	defer v.Close()
	var out []string
	for id, err := range v.IDs(cid, "") {
		if err != nil {
			t.Fatal(err)
		}
		r, ok, err := v.Record(cid, id.Node, WithText)
		if err != nil || !ok || r.ID != id.ID {
			t.Fatalf("record of %s: %v %v %v", id.ID, r, ok, err)
		}
		out = append(out, id.ID)
	}
	return out
}

func TestBatches(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	done := commit(t, s, &Batch{Collection: cid, Puts: put("a", "b", "c"), Insert: true})
	if done.Seq != 1 || !slices.Equal(done.Born, []uint32{0, 1, 2}) || done.Dead != nil {
		t.Errorf("first batch: %+v", done)
	}
	if _, err := s.Commit(&Batch{Collection: cid, Puts: put("d", "b"), Insert: true}); !errors.Is(err, ErrExists) {
		t.Errorf("insert over b: %v", err)
	} else if e, _ := errors.AsType[*ExistsError](err); !slices.Equal(e.IDs, []string{"b"}) {
		t.Errorf("existing ids: %v", e.IDs)
	}
	if _, err := s.Commit(&Batch{Collection: cid, Puts: put("d"), Absent: []string{"none", "c"}}); !errors.Is(err, ErrExists) {
		t.Errorf("absent c: %v", err)
	} else if e, _ := errors.AsType[*ExistsError](err); !slices.Equal(e.IDs, []string{"c"}) {
		t.Errorf("ids that are there: %v", e.IDs)
	}
	done = commit(t, s, &Batch{Collection: cid, Puts: put("b"), Absent: []string{"none"}, Deletes: []Delete{{ID: "a", Node: AnyNode}, {ID: "none", Node: AnyNode}, {ID: "c", Node: 99}}})
	if done.Seq != 2 || !slices.Equal(done.Born, []uint32{3}) || !slices.Equal(done.Dead, []uint32{1, 0}) || done.Deleted != 1 {
		t.Errorf("second batch: %+v", done)
	}
	check := func(s *Store) {
		t.Helper()
		if got := ids(t, s, cid); !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("documents %v", got)
		}
		if st := s.State(cid); st != (State{Seq: 2, Next: 4, Live: 2}) {
			t.Errorf("state %+v", st)
		}
		var log []Change
		v := s.View(nil)
		defer v.Close()
		complete, err := v.Changes(cid, 0, func(c Change) error { log = append(log, c); return nil })
		want := []Change{{Seq: 1, Born: []uint32{0, 1, 2}, Dead: []uint32{}}, {Seq: 2, Born: []uint32{3}, Dead: []uint32{1, 0}}}
		if err != nil || !complete || !reflect.DeepEqual(log, want) {
			t.Errorf("log %+v, %v, %v", log, complete, err)
		}
		var dead []uint32
		for n, err := range v.Dead(cid) {
			if err != nil {
				t.Fatal(err)
			}
			dead = append(dead, n)
		}
		if !slices.Equal(dead, []uint32{0, 1}) {
			t.Errorf("tombstones %v", dead)
		}
	}
	check(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	check(s)
	if err := s.Reclaim(cid, []uint32{0, 1}); err != nil {
		t.Fatal(err)
	}
	done = commit(t, s, &Batch{Collection: cid, Puts: put("e", "f", "g")})
	slices.Sort(done.Born)
	if !slices.Equal(done.Born, []uint32{0, 1, 4}) {
		t.Errorf("reclaimed nodes were not used again: %v", done.Born)
	}
	if err := s.TrimLog(cid, 2); err != nil {
		t.Fatal(err)
	}
	v := s.View(nil)
	defer v.Close()
	if complete, err := v.Changes(cid, 1, func(Change) error { return nil }); complete || err != nil {
		t.Errorf("a trimmed log is complete: %v, %v", complete, err)
	}
	if complete, err := v.Changes(cid, 2, func(Change) error { return nil }); !complete || err != nil {
		t.Errorf("the rest of the log: %v, %v", complete, err)
	}
}

// A view keeps what it saw, whatever is deleted and compacted meanwhile.
func TestViewIsASnapshot(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("a", "b")})
	v := s.View(nil)
	defer v.Close()
	for i := range 200 {
		commit(t, s, &Batch{Collection: cid, Puts: put("a", fmt.Sprint("x", i)), Deletes: []Delete{{ID: "b", Node: AnyNode}}})
	}
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	n, ok, err := v.Node(cid, "b")
	if err != nil || !ok {
		t.Fatal(n, ok, err)
	}
	if r, ok, err := v.Record(cid, n, WithText); err != nil || !ok || r.Text != "text of b" {
		t.Errorf("record of b: %v, %v, %v", r, ok, err)
	}
	if vec, ok, err := v.Vector(nil, cid, n); err != nil || !ok || !slices.Equal(vec, []float32{1, 2}) {
		t.Errorf("vector of b: %v, %v, %v", vec, ok, err)
	}
}

// Writers that wait share transactions, and each gets its own result.
func TestGroupCommit(t *testing.T) {
	s := open(t, t.TempDir())
	cid := create(t, s, "c")
	held, slow := make(chan struct{}, 1), make(chan struct{})
	defer disk.Fail(func(disk.Step, string) error {
		select {
		case held <- struct{}{}:
		default:
		}
		<-slow
		return nil
	})()
	const writers = 40
	var wg sync.WaitGroup
	results := make([]*Committed, writers)
	for w := range writers {
		if w == 1 {
			<-held // the first transaction waits; the others queue behind it
		}
		wg.Go(func() {
			done, err := s.Commit(&Batch{Collection: cid, Puts: put(fmt.Sprint("w", w), "shared"), Insert: w%4 == 3})
			if w%4 == 3 && errors.Is(err, ErrExists) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			done.Release()
			results[w] = done
		})
	}
	for len(s.queue) < writers-1 {
		time.Sleep(time.Millisecond)
	}
	close(slow)
	wg.Wait()
	seqs := map[uint64]bool{}
	transactions := map[uint64]bool{}
	for _, r := range results {
		if r == nil {
			continue
		}
		if seqs[r.Seq] {
			t.Errorf("sequence number %d twice", r.Seq)
		}
		seqs[r.Seq], transactions[r.TS] = true, true
		if len(r.Born) != 2 {
			t.Errorf("batch %+v", r)
		}
	}
	st := s.State(cid)
	if int(st.Seq) != len(seqs) || int(st.Live) != len(seqs)+1 {
		t.Errorf("state %+v after %d batches", st, len(seqs))
	}
	if len(transactions) > len(seqs)/2 {
		t.Errorf("%d batches took %d transactions", len(seqs), len(transactions))
	}
}

// A commit that fails leaves no trace, and the next one works.
func TestFailedCommit(t *testing.T) {
	s := open(t, t.TempDir())
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("a")})
	want := s.State(cid)
	broken := errors.New("broken")
	restore := disk.Fail(func(disk.Step, string) error { return broken })
	if _, err := s.Commit(&Batch{Collection: cid, Puts: put("b")}); !errors.Is(err, broken) {
		t.Errorf("commit: %v", err)
	}
	restore()
	s.freeBytes = func(string) (uint64, error) { return 10 << 20, nil }
	if _, err := s.Commit(&Batch{Collection: cid, Puts: put("b")}); !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "10 MiB") {
		t.Errorf("commit on a full disk: %v", err)
	}
	if _, err := s.Commit(&Batch{Collection: cid, Deletes: []Delete{{ID: "a", Node: AnyNode}}}); !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "10 MiB") {
		t.Errorf("deleting on a full disk: %v", err)
	}
	s.freeBytes = func(string) (uint64, error) { return 1 << 40, nil }
	if got := ids(t, s, cid); !slices.Equal(got, []string{"a"}) || s.State(cid) != want {
		t.Errorf("documents %v, state %+v", got, s.State(cid))
	}
	done := commit(t, s, &Batch{Collection: cid, Puts: put("b")})
	if done.Seq != 2 || done.Born[0] != 1 {
		t.Errorf("next batch: %+v", done)
	}
}

// On a disk that is too full to write to, documents and collections can be
// deleted, those in one group with writes as well.
func TestDeleteOnFullDisk(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("a", "b")})
	s.freeBytes = func(string) (uint64, error) { return 100 << 20, nil }
	if _, err := s.Commit(&Batch{Collection: cid, Puts: put("c")}); !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "delete documents") {
		t.Errorf("writing: %v", err)
	}
	var group []*request
	for _, b := range []*Batch{
		{Collection: cid, Puts: put("d")},
		{Collection: cid, Deletes: []Delete{{ID: "a", Node: AnyNode}}},
		{Collection: cid, Puts: put("b"), Deletes: []Delete{{ID: "a", Node: AnyNode}}},
	} {
		group = append(group, &request{batch: b, done: make(chan struct{})})
	}
	s.commitGroup(slices.Clone(group)) // nothing else is being written
	for i, r := range group {
		<-r.done
		if want := i != 1; errors.Is(r.err, ErrDiskFull) != want {
			t.Errorf("request %d: %v", i, r.err)
		}
	}
	group[1].out.Release()
	if got := ids(t, s, cid); !slices.Equal(got, []string{"b"}) {
		t.Errorf("documents %v", got)
	}
	if err := s.Reclaim(cid, group[1].out.Dead); err != nil {
		t.Error(err)
	}
	if err := s.Compact(); err != nil {
		t.Error(err)
	}
	if _, _, err := s.DropCollection("c"); err != nil {
		t.Error(err)
	}
	if n, err := s.DeleteGarbage(); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// Timestamps are not given again, though nothing of the last commits is left.
func TestTimeGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("a", "b")})
	done := commit(t, s, &Batch{Collection: cid, Deletes: []Delete{{ID: "a", Node: AnyNode}}})
	for range 3 {
		if err := s.Reclaim(cid, done.Dead); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	last := s.pins.newest()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s = open(t, dir); s.pins.newest() < last {
		t.Errorf("the newest commit is %d after %d", s.pins.newest(), last)
	}
}

func TestCollections(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	a := create(t, s, "a")
	b := create(t, s, "b")
	if _, err := s.CreateCollection("a", nil); !errors.Is(err, ErrCollectionExists) {
		t.Errorf("a twice: %v", err)
	}
	commit(t, s, &Batch{Collection: a, Puts: put("1", "2")})
	commit(t, s, &Batch{Collection: b, Puts: put("1")})
	if _, _, err := s.DropCollection("a"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(&Batch{Collection: a, Puts: put("3")}); !errors.Is(err, ErrNoCollection) {
		t.Errorf("commit to a dropped collection: %v", err)
	}
	if n, err := s.DeleteGarbage(); n != 1 || err != nil {
		t.Errorf("sweep: %d, %v", n, err)
	}
	if got := ids(t, s, a); got != nil {
		t.Errorf("left of a: %v", got)
	}
	if got := ids(t, s, b); !slices.Equal(got, []string{"1"}) {
		t.Errorf("b: %v", got)
	}
	if c := create(t, s, "a"); c == a {
		t.Error("a collection's number was given out again")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if info, ok := s.Lookup("a"); !ok || string(info.Settings) != `{"x":1}` {
		t.Errorf("a after reopening: %+v, %v", info, ok)
	}
}

func TestNewerFormat(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	err := s.do(func(txn *badger.Txn) error {
		return txn.Set([]byte{keyFormat}, binary.BigEndian.AppendUint32(nil, formatVersion+1))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("open: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("a")})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(t, s, cid); !slices.Equal(got, []string{"a"}) {
		t.Errorf("documents %v", got)
	}
	if _, err := s.Commit(&Batch{Collection: cid, Puts: put("b")}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("commit: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	in := &Record{
		ID: "아이디", Text: "글", Title: "제목", Source: "file.md", Chunk: 3, Created: time.UnixMicro(1234567890123456).UTC(),
		Expires: time.UnixMicro(2).UTC(), Hash: [16]byte{1}, TextHash: [16]byte{2}, Precomputed: true,
		Metadata: map[string]any{
			"s": "x", "t": true, "f": false, "i": int64(-5), "x": 2.5, "l": []string{"a", ""}, "e": []string{},
			"d": time.Unix(5, 6).UTC(),
		},
	}
	b := AppendRecord(nil, in)
	out, err := DecodeRecord(b, WithAll)
	if err != nil || !reflect.DeepEqual(in, out) {
		t.Errorf("got %+v, %v\nwant %+v", out, err, in)
	}
	out, err = DecodeRecord(b, 0)
	if err != nil || out.Text != "" || out.Metadata != nil || out.ID != in.ID {
		t.Errorf("fields that were not asked for: %+v, %v", out, err)
	}
	// A later version's field is skipped.
	if out, err = DecodeRecord(append(slices.Clone(b), 200, 2, 'x', 'y'), WithAll); err != nil || !reflect.DeepEqual(in, out) {
		t.Errorf("unknown field: %+v, %v", out, err)
	}
	for n := range len(b) {
		if _, err := DecodeRecord(b[:n], WithAll); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(AppendRecord(nil, &Record{ID: "a", Text: "b", Metadata: map[string]any{"l": []string{"a"}, "n": int64(1)}}))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeRecord(b, WithAll)
		if err != nil {
			return
		}
		again, err := DecodeRecord(AppendRecord(nil, r), WithAll)
		if err != nil || again.ID != r.ID || again.Text != r.Text || len(again.Metadata) != len(r.Metadata) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}

func FuzzDecodeLog(f *testing.F) {
	f.Add(appendLog(nil, []uint32{1, 2}, []uint32{3}, nil))
	f.Add(appendLog(nil, []uint32{1, 2}, []uint32{3}, []uint32{4, 5}))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(_ *testing.T, b []byte) { _, _, _, _ = decodeLog(b) })
}

// The oldest sessions are forgotten: what was written then is of no known history.
func TestSessionsForgotten(t *testing.T) {
	defer func(n int) { maxSessions = n }(maxSessions)
	maxSessions = 3
	dir := t.TempDir()
	var first uint64
	for i := range 7 {
		s := open(t, dir)
		cid := uint32(1)
		if i == 0 {
			cid = create(t, s, "c")
		}
		commit(t, s, &Batch{Collection: cid, Puts: put(fmt.Sprint(i))})
		if i == 0 {
			first = s.pins.newest()
		}
		v := s.View(nil)
		if _, ok, err := v.SessionAt(first); ok != (i < 3) || err != nil {
			t.Errorf("session %d: the first is remembered: %v %v", i, ok, err)
		}
		if name, ok, err := v.SessionAt(v.TS()); !ok || err != nil || name == (Session{}) {
			t.Errorf("session %d: %x %v %v", i, name, ok, err)
		}
		v.Close()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A put that keeps its node is in the change log as such, and only while the node is the
// document's; a put that must be of a version fails with the whole batch otherwise.
func TestPutKeepsNode(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	cid := create(t, s, "c")
	first := commit(t, s, &Batch{Collection: cid, Puts: put("a", "b")})
	changed := put("a", "c")
	changed[0].Was = &Was{Node: first.Born[0], Seq: first.Seq, Must: true, Keeps: true}
	second := commit(t, s, &Batch{Collection: cid, Puts: changed})
	if second.Born[0] != first.Born[0] || !second.Kept[0] || second.Kept[1] || len(second.Dead) != 0 || s.State(cid).Live != 3 {
		t.Errorf("%+v, %+v", second, s.State(cid))
	}
	stale := put("d", "a")
	stale[1].Was = &Was{Node: first.Born[0], Seq: first.Seq, Must: true, Keeps: true}
	if _, err := s.Commit(&Batch{Collection: cid, Puts: stale}); !errors.Is(err, ErrChanged) || s.State(cid).Live != 3 {
		t.Errorf("%v, %+v", err, s.State(cid))
	}
	if done := commit(t, s, &Batch{Collection: cid, Deletes: []Delete{{ID: "a", Node: first.Born[0], Seq: first.Seq}}}); done.Deleted != 0 {
		t.Error("a version that has changed was deleted")
	}
	// Without Must, and when the document has another node, it is a put as any other.
	commit(t, s, &Batch{Collection: cid, Deletes: []Delete{{ID: "a", Node: AnyNode}}})
	late := put("a")
	late[0].Was = &Was{Node: first.Born[0], Keeps: true}
	if done := commit(t, s, &Batch{Collection: cid, Puts: late}); done.Kept != nil || done.Born[0] == first.Born[0] {
		t.Errorf("%+v", done)
	}
	v := s.View(nil)
	defer v.Close()
	var log []Change
	if _, err := v.Changes(cid, first.Seq, func(c Change) error { log = append(log, c); return nil }); err != nil || !slices.Equal(log[0].Changed, first.Born[:1]) || len(log[0].Born) != 1 {
		t.Errorf("%+v, %v", log, err)
	}
}
