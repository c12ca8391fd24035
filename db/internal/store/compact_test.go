package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fill writes n documents of about 2 KB that can't be compressed.
func fill(t testing.TB, s *Store, cid uint32, first, n int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(first), 0))
	for i := first; i < first+n; i += 1000 {
		b := &Batch{Collection: cid}
		for j := i; j < min(i+1000, first+n); j++ {
			vec := make([]float32, 384)
			for k := range vec {
				vec[k] = rng.Float32()
			}
			id := fmt.Sprintf("%08d", j)
			b.Puts = append(b.Puts, Put{ID: id, Record: AppendRecord(nil, &Record{ID: id, Text: strings.Repeat("글", 100)}), Vector: AppendVector(nil, vec)})
		}
		commit(t, s, b)
	}
}

func remove(t *testing.T, s *Store, cid uint32, first, n int) {
	t.Helper()
	for i := first; i < first+n; i += 1000 {
		b := &Batch{Collection: cid}
		for j := i; j < min(i+1000, first+n); j++ {
			b.Deletes = append(b.Deletes, Delete{ID: fmt.Sprintf("%08d", j), Node: AnyNode})
		}
		done := commit(t, s, b)
		if err := s.Reclaim(cid, done.Dead); err != nil {
			t.Fatal(err)
		}
	}
}

// What nine of ten documents took comes back, whether all is in the memtable,
// in level 0, or below; readers and writers go on meanwhile.
func TestCompactGivesSpaceBack(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2000, 60_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(dir, Options{SyncEvery: 1 << 40})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			cid := create(t, s, "c")
			fill(t, s, cid, 0, n)
			full := s.DiskBytes()
			if err := s.Compact(); err != nil {
				t.Fatal(err)
			}
			before := s.DiskBytes()
			remove(t, s, cid, n/10, n-n/10)
			deleted := s.DiskBytes()
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					v := s.View(nil)
					if _, ok, err := v.Vector(nil, cid, 5); !ok || err != nil {
						t.Error(ok, err)
					}
					v.Close()
				}
			})
			wg.Go(func() {
				for i := range 50 {
					commit(t, s, &Batch{Collection: cid, Puts: put(fmt.Sprint("w", i))})
				}
			})
			if err := s.Compact(); err != nil {
				t.Fatal(err)
			}
			close(stop)
			wg.Wait()
			after := s.DiskBytes()
			t.Logf("bytes on disk: %d written, %d compacted, %d after deleting 90 %%, %d compacted", full, before, deleted, after)
			if after > before*15/100+1<<20 {
				t.Errorf("%d bytes of %d are left", after, before)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s, err = Open(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			if got := ids(t, s, cid); len(got) != n/10+50 {
				t.Errorf("%d documents are left", len(got))
			}
			v := s.View(nil)
			defer v.Close()
			if err := v.Check(cid, 384, func(f Fault) {
				if !strings.HasPrefix(f.ID, "w") && !strings.Contains(f.Detail, "vector") { // those of put have none
					t.Error(f)
				}
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

// Compacting asks for the room that it takes, which is that of what lives.
func TestCompactOnFullDisk(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	cid := create(t, s, "c")
	fill(t, s, cid, 0, 20_000)
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	s.freeBytes = func(string) (uint64, error) { return 80 << 20, nil }
	if err := s.Compact(); !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "80 MiB") {
		t.Error(err)
	}
	remove(t, s, cid, 0, 18_000)
	if err := s.Compact(); err != nil {
		t.Error(err)
	}
}

// A process that is killed at any step of a compaction leaves a store with
// everything in it.
func TestCompactKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	fill(t, s, cid, 0, 3000)
	remove(t, s, cid, 0, 2000)
	want := ids(t, s, cid)
	steps := []func() error{
		func() error { return s.mark() },
		func() error { return s.drop() },
		func() error { return s.bdb.Flatten(2) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		again := open(t, to)
		if got := ids(t, again, cid); !slices.Equal(got, want) {
			t.Errorf("after step %d: %d documents, want %d", i, len(got), len(want))
		}
		if err := again.Compact(); err != nil {
			t.Error(err)
		}
	}
}
