package dataset

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGenerateIsRepeatable(t *testing.T) {
	b1, q1 := Generate(50, 5, 96, 7)
	b2, q2 := Generate(50, 5, 96, 7)
	if !slices.Equal(b1, b2) || !slices.Equal(q1, q2) {
		t.Error("the same seed gave other vectors")
	}
	if b3, _ := Generate(50, 5, 96, 8); slices.Equal(b1, b3) {
		t.Error("another seed gave the same vectors")
	}
}

func TestRecallOfBruteForceIsOne(t *testing.T) {
	base, query := Generate(700, 20, 96, 7)
	s, err := New("test", 96, 48, base, query)
	if err != nil {
		t.Fatal(err)
	}
	var exact, wrong []uint32
	for q := range s.Queries() {
		type hit struct {
			id  uint32
			sim float64
		}
		hits := make([]hit, s.Len())
		for i := range hits {
			var sim float64
			for d := range s.Dims {
				sim += float64(s.Base[i*s.Dims+d]) * float64(s.Query[q*s.Dims+d])
			}
			hits[i] = hit{uint32(i), sim}
		}
		slices.SortFunc(hits, func(a, b hit) int { return int(math.Copysign(1, b.sim-a.sim)) })
		for i, h := range hits[:10] {
			exact = append(exact, h.id)
			wrong = append(wrong, []uint32{h.id, hits[0].id, hits[600].id}[i%3])
		}
	}
	for q, r := range s.Recalls(0, exact) {
		if r != 1 {
			t.Errorf("recall of the exact result of query %d is %g", q, r)
		}
	}
	// Of ten: 0, 3, 6, 9 are right, 1, 4, 7 repeat the first, 2, 5, 8 are far.
	for i, r := range s.Recalls(5, wrong[50:]) {
		if r != 0.4 {
			t.Errorf("recall of the wrong result of query %d is %g, want 0.4", 5+i, r)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	want := []float32{1, 2, -3.5, 4, 5, 6}
	var fvecs, npy, floats []byte
	for i, x := range want {
		if i%3 == 0 {
			fvecs = binary.LittleEndian.AppendUint32(fvecs, 3)
		}
		fvecs = binary.LittleEndian.AppendUint32(fvecs, math.Float32bits(x))
		floats = binary.LittleEndian.AppendUint32(floats, math.Float32bits(x))
	}
	head := "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          \n"
	npy = append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), 0)
	npy = append(append(npy, head...), floats...)
	for name, c := range map[string]struct{ good, bad []byte }{
		"a.fvecs": {fvecs, fvecs[:len(fvecs)-1]},
		"a.npy":   {npy, npy[:len(npy)-4]},
		"a.jsonl": {[]byte("[1,2,-3.5]\n{\"embedding\":[4,5,6]}\n"), []byte("[1,2]\n[3]\n")},
	} {
		path := filepath.Join(dir, name)
		for _, b := range [][]byte{c.good, c.bad} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			rows, dims, err := Read(path)
			switch {
			case &b[0] == &c.good[0] && len(b) == len(c.good):
				if err != nil || dims != 3 || !slices.Equal(rows, want) {
					t.Errorf("%s: %v of %d dims, %v", name, rows, dims, err)
				}
			case err == nil || !strings.Contains(fmt.Sprint(err), name):
				t.Errorf("damaged %s: %v", name, err)
			}
		}
	}
	if _, _, err := Read(filepath.Join(dir, "a.txt")); err == nil {
		t.Error("no error for a missing file")
	}
}

func TestHashedVectorsArePeaky(t *testing.T) {
	base, query := Hashed(500, 20, 384, 7)
	s, err := New("hashed", 384, 192, base, query) // fails on a vector without direction
	if err != nil {
		t.Fatal(err)
	}
	share := 0.0 // of the energy in the eight largest numbers
	for i := range s.Len() {
		v := slices.Clone(s.Base[i*384 : (i+1)*384])
		slices.SortFunc(v, func(a, b float32) int { return int(math.Copysign(1, float64(b*b-a*a))) })
		for _, x := range v[:8] {
			share += float64(x) * float64(x)
		}
	}
	if share /= float64(s.Len()); share < 0.5 {
		t.Errorf("eight dimensions hold %.2f of the energy", share)
	}
}
