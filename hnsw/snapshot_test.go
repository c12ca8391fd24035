package hnsw_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"

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

// loaders are the two ways to read a snapshot.
var loaders = map[string]func([]byte, hnsw.Space) (*hnsw.Graph, error){
	"Load": hnsw.Load,
	"Read": func(b []byte, s hnsw.Space) (*hnsw.Graph, error) {
		r := bytes.NewReader(append(bytes.Clone(b), "more"...))
		g, err := hnsw.Read(r, s)
		if err == nil && r.Len() != 4 {
			return nil, errors.New("Read went past the end of the snapshot")
		}
		return g, err
	},
}

func TestSnapshot(t *testing.T) {
	r, query := clustered(seed, 9000, 16)
	sizes := []int{0, 1, 2, 4096, 4097, 9000}
	if slow {
		sizes = []int{0, 1, 2, 4200}
	}
	for _, n := range sizes {
		for name, load := range loaders {
			g, err := hnsw.New(r, &hnsw.Options{M: 8, EfConstruction: 20, Seed: 7})
			if err != nil {
				t.Fatal(err)
			}
			for id := range uint32(n) {
				add := g.Add
				if id > 4096 && id%50 == 0 {
					add = g.Pend
				}
				if err := add(id); err != nil {
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
			h, err := load(b, r)
			if err != nil {
				t.Fatalf("%s of %d nodes: %v", name, n, err)
			}
			check(t, h)
			if g.Len() != h.Len() || g.Dead() != h.Dead() || g.Options() != h.Options() || len(g.NextPending(nil, n)) != len(h.NextPending(nil, n)) {
				t.Fatalf("%s: %d live, %d dead, %d pending; want %d, %d, %d",
					name, h.Len(), h.Dead(), h.Pending(), g.Len(), g.Dead(), g.Pending())
			}
			for range 20 {
				q := query()
				s := hnsw.Search{K: 10, Ef: 40}
				same(t, h.Walk(nil, q, s), g.Walk(nil, q, s), "%s of %d nodes", name, n)
			}
			if !bytes.Equal(b, snapshot(t, h)) {
				t.Fatalf("%s of %d nodes: another snapshot than the one loaded", name, n)
			}
			freed := h.Repair(hnsw.RepairOptions{})
			for _, id := range freed {
				if err := h.Add(id); err != nil {
					t.Fatal(err)
				}
			}
			check(t, h)
		}
	}
}

// The newest nodes are freed: a snapshot then holds fewer nodes, and nothing in
// it may name those that are gone.
func TestSnapshotAfterRepair(t *testing.T) {
	r, _ := clustered(seed, 600, 16)
	for name, load := range loaders {
		g := build(t, r, &hnsw.Options{M: 4, EfConstruction: 40, Seed: 7})
		for id := range uint32(600) {
			if id >= 500 || id%3 == 0 {
				g.Delete(id)
			}
		}
		g.Repair(hnsw.RepairOptions{})
		h, err := load(snapshot(t, g), r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		check(t, h)
	}
}

func TestSnapshotCorrupt(t *testing.T) {
	r, _ := clustered(seed, 300, 8)
	b := snapshot(t, build(t, r, &hnsw.Options{M: 4}))
	rng := rand.New(rand.NewPCG(seed, 3))
	for name, load := range loaders {
		for i := range 2000 {
			bad := bytes.Clone(b)
			if i%4 == 0 {
				bad = bad[:rng.IntN(len(bad))]
			} else {
				bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
			}
			if _, err := load(bad, r); err == nil {
				t.Fatalf("seed %d round %d: %s accepts a damaged snapshot", seed, i, name)
			} else if name == "Load" && !errors.Is(err, hnsw.ErrCorrupt) {
				t.Fatalf("seed %d round %d: %v", seed, i, err)
			}
		}
	}
	newer := bytes.Clone(b)
	binary.LittleEndian.PutUint32(newer[8:], 99)
	resum(newer[:72])
	if _, err := hnsw.Load(newer, r); !errors.Is(err, hnsw.ErrVersion) {
		t.Errorf("a newer version: %v", err)
	}
	broken := errors.New("the disk is on fire")
	if _, err := hnsw.Read(io.MultiReader(bytes.NewReader(b[:500]), failing{broken}), r); !errors.Is(err, broken) || errors.Is(err, hnsw.ErrCorrupt) {
		t.Errorf("a failing reader: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// resum puts the right sum at the end of a block.
func resum(block []byte) {
	body := block[:len(block)-4]
	binary.LittleEndian.PutUint32(block[len(body):], crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

// FuzzLoad damages a snapshot and mends its sums, so that the damage is met by
// what comes after them: it must be refused, or be harmless to searches, inserts
// and repairs.
func FuzzLoad(f *testing.F) {
	r, query := clustered(seed, 200, 4)
	for id := range 56 { // rows that a damaged header may ask for
		_ = id
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
	good := snapshot(f, g)
	q := query()
	f.Add([]byte{}, false)
	f.Add([]byte{0, 72, 1}, true)
	f.Add([]byte{0, 200, 255, 1, 0, 9, 3, 1, 7}, true)
	f.Fuzz(func(t *testing.T, damage []byte, sums bool) {
		b := bytes.Clone(good)
		for ; len(damage) >= 3; damage = damage[3:] { // offset, value
			b[int(binary.BigEndian.Uint16(damage))%len(b)] ^= damage[2]
		}
		if sums {
			resum(b[:72])
			resum(b[72 : 72+200*7*4+1536+4])
			if len(b) > 72+200*7*4+1536+4+4 {
				resum(b[72+200*7*4+1536+4 : len(b)-4])
			}
			resum(b[len(b)-4:])
		}
		g, err := hnsw.Load(b, r)
		if h, err2 := hnsw.Read(bytes.NewReader(b), r); (err == nil) != (err2 == nil) || err == nil && h.Len() != g.Len() {
			t.Fatalf("Load says %v, Read %v", err, err2)
		}
		if err != nil {
			return
		}
		g.Search(nil, q, hnsw.Search{K: 10})
		g.Walk(nil, q, hnsw.Search{K: 10, Ef: 500})
		sound := g.Check() == nil
		if !sound {
			return // as it would be after a hash collision: searches are safe, repairs are not asked for
		}
		g.Repair(hnsw.RepairOptions{})
		_ = g.Add(201)
		check(t, g)
	})
}
