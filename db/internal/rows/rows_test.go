package rows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

func vector(rng *rand.Rand, dims int) []byte {
	var b []byte
	for range dims {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(rng.Float32()-0.5))
	}
	return b
}

func TestRows(t *testing.T) {
	t.Parallel()
	const dims = 24
	path := filepath.Join(t.TempDir(), "rows")
	id := [16]byte{1}
	r, fresh, err := Open(path, dims, id, 5)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	nodes := []uint32{0, 1, 17, segmentRows - 1, segmentRows, 5*segmentRows + 3}
	want := map[uint32][]byte{}
	for _, n := range nodes {
		b := vector(rng, dims)
		if err := r.Put(n, b); err != nil {
			t.Fatal(err)
		}
		want[n] = b
	}
	check := func() {
		t.Helper()
		for _, n := range nodes {
			if got, ok := r.Get(n); !ok || !bytes.Equal(got, want[n]) {
				t.Errorf("node %d: got %v, want %v", n, got, want[n])
			}
		}
		for _, n := range []uint32{2, 4097, 5 * segmentRows, 1 << 30} {
			if _, ok := r.Get(n); ok {
				t.Errorf("node %d was never put", n)
			}
		}
	}
	check()
	if err := errors.Join(r.Stamp(5), r.Close()); err != nil {
		t.Fatal(err)
	}
	r, fresh, err = Open(path, dims, id, 5)
	if err != nil || fresh {
		t.Fatal("reopened:", fresh, err)
	}
	check()
	if err := r.Drop(17); err != nil {
		t.Fatal(err)
	}
	if _, ok := r.Get(17); ok {
		t.Error("a dropped row is there")
	}
	if err := r.Drop(1 << 30); err != nil {
		t.Error(err)
	}
	if err := r.Put(0, make([]byte, 5)); err == nil {
		t.Error("a row of the wrong length was taken")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// A flipped bit anywhere in a row, a row of another node, a file of other dims
// or another database: the row is not there.
func TestDamage(t *testing.T) {
	t.Parallel()
	const dims = 8
	path := filepath.Join(t.TempDir(), "rows")
	rng := rand.New(rand.NewPCG(3, 4))
	r, _, err := Open(path, dims, [16]byte{7}, 5)
	if err != nil {
		t.Fatal(err)
	}
	b := vector(rng, dims)
	if err := r.Put(3, b); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Stamp(5), r.Close()); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stride := 4 + 4*dims
	open := func(data []byte, dims int, id [16]byte) (*File, bool) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		r, fresh, err := Open(path, dims, id, 5)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		return r, fresh
	}
	sound := func(r *File, node uint32) bool {
		_, ok := r.Get(node)
		return ok
	}
	for bit := range stride * 8 {
		bad := bytes.Clone(good[:headerSize+4*stride])
		bad[headerSize+3*stride+bit/8] ^= 1 << (bit % 8)
		if r, _ := open(bad, dims, [16]byte{7}); sound(r, 3) {
			t.Fatalf("bit %d flipped and not noticed", bit)
		}
	}
	moved := bytes.Clone(good)
	copy(moved[headerSize+2*stride:], good[headerSize+3*stride:headerSize+4*stride])
	if r, _ := open(moved, dims, [16]byte{7}); sound(r, 2) {
		t.Error("a row in the wrong place was taken")
	}
	for cut := range header(dims, [16]byte{7}) {
		if r, fresh := open(good[:cut], dims, [16]byte{7}); !fresh || sound(r, 3) {
			t.Errorf("header cut at %d was taken", cut)
		}
	}
	older := bytes.Clone(good)
	binary.LittleEndian.PutUint32(older[len(magic):], version-1)
	if r, fresh := open(older, dims, [16]byte{7}); !fresh || sound(r, 3) {
		t.Error("a file of an older version was taken")
	}
	if r, _ := open(good[:headerSize+3*stride+9], dims, [16]byte{7}); sound(r, 3) {
		t.Error("a torn row was taken")
	}
	if _, fresh := open(good, dims*2, [16]byte{7}); !fresh {
		t.Error("a file of other dims was taken")
	}
	if _, fresh := open(good, dims, [16]byte{8}); !fresh {
		t.Error("a file of another database was taken")
	}
}

func BenchmarkGet384(b *testing.B) {
	const dims, n = 384, 20_000
	r, _, err := Open(filepath.Join(b.TempDir(), "rows"), dims, [16]byte{}, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	rng := rand.New(rand.NewPCG(5, 6))
	row := vector(rng, dims)
	for i := range uint32(n) {
		if err := r.Put(i, row); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, ok := r.Get(rng.Uint32N(n)); !ok {
			b.Fatal("missing")
		}
	}
}

// Adjacent rows are written together: across the end of a segment, in more than
// one run, with gaps and backwards.
func TestPutAll(t *testing.T) {
	t.Parallel()
	const dims = 24
	r, _, err := Open(filepath.Join(t.TempDir(), "rows"), dims, [16]byte{1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	rng := rand.New(rand.NewPCG(1, 2))
	var nodes []uint32
	for node := range uint32(2 * runBytes / (4 * dims)) { // two runs and more, and the end of a segment
		if node%1000 != 7 {
			nodes = append(nodes, node)
		}
	}
	nodes = append(nodes, 20_000, 19_999, 30_000)
	want := make([][]byte, len(nodes))
	for i := range want {
		want[i] = vector(rng, dims)
	}
	if err := r.PutAll(nodes, func(i int) []byte { return want[i] }); err != nil {
		t.Fatal(err)
	}
	for i, node := range nodes {
		if got, ok := r.Get(node); !ok || !bytes.Equal(got, want[i]) {
			t.Fatalf("node %d: got %v, want %v", node, got, want[i])
		}
	}
	for _, node := range []uint32{7, 1007, 19_998, 20_001} {
		if _, ok := r.Get(node); ok {
			t.Errorf("node %d was never put", node)
		}
	}
	if err := r.PutAll([]uint32{1, 2}, func(i int) []byte { return want[i][:i] }); err == nil {
		t.Error("rows of the wrong length were taken")
	}
}

// A file is opened with its newest stamp or the one before, and with no other.
func TestStamp(t *testing.T) {
	t.Parallel()
	const dims = 8
	path := filepath.Join(t.TempDir(), "rows")
	rng := rand.New(rand.NewPCG(5, 6))
	for _, step := range []struct {
		stamp uint64
		fresh bool
	}{{0, true}, {1, false}, {2, false}, {1, true}, {9, true}, {0, true}} {
		r, fresh, err := Open(path, dims, [16]byte{1}, step.stamp)
		if err != nil || fresh != step.fresh {
			t.Fatalf("stamp %d: fresh %v, %v", step.stamp, fresh, err)
		}
		if _, ok := r.Get(3); ok == fresh {
			t.Errorf("stamp %d: there is a row: %v", step.stamp, ok)
		}
		err = errors.Join(r.Put(3, vector(rng, dims)), r.Stamp(step.stamp+1), r.Close())
		if step.stamp == 2 {
			r, _, _ = Open(path, dims, [16]byte{1}, 2) // the one before
			if _, ok := r.Get(3); !ok {
				t.Error("the file is not opened with its last stamp but one")
			}
			err = errors.Join(err, r.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
