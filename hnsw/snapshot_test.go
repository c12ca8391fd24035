package hnsw_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/fronyai/frony-db/hnsw"
)

func snapshot(tb testing.TB, g *hnsw.Graph) []byte {
	tb.Helper()
	var b bytes.Buffer
	n, err := g.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		tb.Fatalf("wrote %d of %d bytes: %v", n, b.Len(), err)
	}
	return b.Bytes()
}

// read is hnsw.Read of a snapshot that something follows.
func read(b []byte, s hnsw.Space) (*hnsw.Graph, error) {
	r := bytes.NewReader(append(bytes.Clone(b), "more"...))
	g, err := hnsw.Read(r, s)
	if err == nil && r.Len() != 4 {
		return nil, errors.New("Read went past the end of the snapshot")
	}
	return g, err
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	sizes := []int{0, 1, 2, 4096, 4097, 9000}
	if slow {
		sizes = []int{0, 1, 2, 4200}
	}
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			r, query := clustered(seed, 9000, 16)
			g, err := hnsw.New(r, &hnsw.Options{M: 8, EfConstruction: 20, Seed: 7})
			if err != nil {
				t.Fatal(err)
			}
			for id := range uint32(n) {
				if err := g.Add(id); err != nil {
					t.Fatal(err)
				}
			}
			for id := uint32(0); int(id) < n; id += 5 {
				g.Delete(id)
				if id == 3000 {
					g.Repair(hnsw.RepairOptions{})
				}
			}
			b := snapshot(t, g)
			if !bytes.Equal(b, snapshot(t, g)) {
				t.Fatal("two snapshots of one graph differ")
			}
			h, err := read(b, r)
			if err != nil {
				t.Fatal(err)
			}
			check(t, h)
			if g.Len() != h.Len() || g.Dead() != h.Dead() || g.Options() != h.Options() {
				t.Fatalf("%d live, %d dead, %+v; want %d, %d, %+v", h.Len(), h.Dead(), h.Options(), g.Len(), g.Dead(), g.Options())
			}
			for range 20 {
				q := query()
				s := hnsw.Search{K: 10, Ef: 40}
				same(t, h.Walk(nil, q, s), g.Walk(nil, q, s), "%d nodes", n)
			}
			if !bytes.Equal(b, snapshot(t, h)) {
				t.Fatal("the snapshot of what was read differs")
			}
			for _, id := range h.Repair(hnsw.RepairOptions{}) {
				if err := h.Add(id); err != nil {
					t.Fatal(err)
				}
			}
			check(t, h)
		})
	}
}

// The newest nodes are freed: a snapshot then holds fewer nodes, and nothing in
// it may name those that are gone.
func TestSnapshotAfterRepair(t *testing.T) {
	t.Parallel()
	r, _ := clustered(seed, 600, 16)
	g := build(t, r, &hnsw.Options{M: 4, EfConstruction: 40, Seed: 7})
	for id := range uint32(600) {
		if id >= 500 || id%3 == 0 {
			g.Delete(id)
		}
	}
	g.Repair(hnsw.RepairOptions{})
	h, err := read(snapshot(t, g), r)
	if err != nil {
		t.Fatal(err)
	}
	check(t, h)
}

func TestSnapshotCorrupt(t *testing.T) {
	t.Parallel()
	r, _ := clustered(seed, 300, 8)
	b := snapshot(t, build(t, r, &hnsw.Options{M: 4}))
	rng := rand.New(rand.NewPCG(seed, 3))
	for i := range 2000 {
		bad := bytes.Clone(b)
		at := len(snapshotHead) // a version that differs is not damage
		if i%4 == 0 {
			bad = bad[:rng.IntN(len(bad))]
		} else {
			at += rng.IntN(len(bad) - at)
			bad[at] ^= 1 << rng.IntN(8)
		}
		if _, err := hnsw.Read(bytes.NewReader(bad), r); !errors.Is(err, hnsw.ErrCorrupt) {
			t.Fatalf("seed %d round %d: %v", seed, i, err)
		}
	}
	if _, err := hnsw.Read(strings.NewReader("not a snapshot at all"), r); !errors.Is(err, hnsw.ErrCorrupt) {
		t.Errorf("something else: %v", err)
	}
	for _, version := range []uint32{1, 99} { // an older and a newer one
		other := bytes.Clone(b)
		binary.LittleEndian.PutUint32(other[8:], version)
		if _, err := hnsw.Read(bytes.NewReader(other), r); !errors.Is(err, hnsw.ErrVersion) {
			t.Errorf("version %d: %v", version, err)
		}
	}
	broken := errors.New("the disk is on fire")
	if _, err := hnsw.Read(io.MultiReader(bytes.NewReader(b[:500]), iotest.ErrReader(broken)), r); !errors.Is(err, broken) || errors.Is(err, hnsw.ErrCorrupt) {
		t.Errorf("a failing reader: %v", err)
	}
}

const snapshotHead = "fronyhns\x02\x00\x00\x00"

// resum corrects the checksums of a snapshot, as far as its lengths make sense.
func resum(b []byte) {
	le, table := binary.LittleEndian, crc32.MakeTable(crc32.Castagnoli)
	head, rest := b[:len(snapshotHead)], b[len(snapshotHead):]
	for sum := crc32.Checksum(head, table); len(rest) >= 12; {
		n := le.Uint64(rest)
		if n > uint64(len(rest)-12) {
			return
		}
		sum = crc32.Update(sum, table, rest[8:8+n])
		le.PutUint32(rest[8+n:], sum)
		rest = rest[12+n:]
	}
}

// FuzzRead damages a snapshot and corrects its checksums, so that later checks
// meet the damage. They must refuse it, or it must be harmless to searches,
// inserts and repairs.
func FuzzRead(f *testing.F) {
	r, query := clustered(seed, 200, 4)
	for range 56 { // rows that a damaged header may ask for
		r.add(make([]int8, 4))
	}
	g, err := hnsw.New(r, &hnsw.Options{M: 3, EfConstruction: 10})
	if err != nil {
		f.Fatal(err)
	}
	for id := range uint32(200) {
		if err := g.Add(id); err != nil {
			f.Fatal(err)
		}
	}
	for id := range uint32(20) {
		g.Delete(id)
	}
	g.SetLandmarks(30, 90, 150)
	good := snapshot(f, g)
	q := query()
	f.Add([]byte{}, false)
	f.Add([]byte{0, 72, 1}, true)
	f.Add([]byte{0, 200, 255, 1, 0, 25, 3, 1, 7}, true)
	f.Fuzz(func(t *testing.T, damage []byte, sums bool) {
		b := bytes.Clone(good)
		for ; len(damage) >= 3; damage = damage[3:] { // offset, value
			b[int(binary.BigEndian.Uint16(damage))%len(b)] ^= damage[2]
		}
		if sums {
			resum(b)
		}
		g, err := hnsw.Read(bytes.NewReader(b), r)
		if err != nil {
			return
		}
		g.Search(nil, q, hnsw.Search{K: 10})
		g.Walk(nil, q, hnsw.Search{K: 10, Ef: 500})
		sound := g.Check() == nil
		if !sound {
			return // searches are safe, and that is all that is promised
		}
		g.Repair(hnsw.RepairOptions{})
		_ = g.Add(201)
		check(t, g)
	})
}
