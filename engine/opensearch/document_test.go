package opensearch

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
)

func TestPacked(t *testing.T) {
	for _, keys := range [][]uint64{{}, {0}, {1, 1, 1, 7, math.MaxUint64}, {1 << 63, 1<<63 | 5}} {
		if got, err := unpacked(packed(keys)); err != nil || !slices.Equal(got, keys) {
			t.Errorf("%v comes back as %v, %v", keys, got, err)
		}
	}
	for _, b := range [][]byte{{0x80}, {1}, {1, 0x80}} {
		if _, err := unpacked(b); err == nil {
			t.Errorf("%v is read", b)
		}
	}
}

func TestVectorBytes(t *testing.T) {
	v := []float32{0, -1.5, math.SmallestNonzeroFloat32, float32(math.Pi)}
	if got := vectorOf(vectorBytes(v)); !slices.Equal(got, v) {
		t.Errorf("%v comes back as %v", v, got)
	}
}

func TestHead(t *testing.T) {
	for _, v := range [][]float32{{3, 4, 100}, {0, 0, 1}} {
		var got []float64
		if err := json.Unmarshal(head(v, 2), &got); err != nil || len(got) != 2 {
			t.Fatalf("%s: %v", head(v, 2), err)
		}
		if n := math.Hypot(got[0], got[1]); math.Abs(n-1) > 1e-4 && v[0] != 0 {
			t.Errorf("the head of %v has the length %v", v, n)
		}
	}
}

// The order of columns of one field is that of its values, and a long value equals itself
// alone.
func TestColumns(t *testing.T) {
	values := []any{false, true, int64(-5), 0.25, int64(3), int64(1) << 60, int64(1)<<60 + 1, 1e300, "", "a", "ab", "가"}
	var last string
	for _, v := range values {
		c := column("field", db.ColumnKey(v))
		if c <= last {
			t.Errorf("%v is not behind the one before", v)
		}
		last = c
	}
	long := strings.Repeat("x", 4*longestKey)
	a, b := column("f", db.ColumnKey(long+"a")), column("f", db.ColumnKey(long+"b"))
	if a == b || len(a) > longestKey+64 || a != column("f", db.ColumnKey(long+"a")) {
		t.Errorf("long values: %d bytes and %d bytes", len(a), len(b))
	}
	if column("a", "b=c") == column("a=b", "c") {
		t.Error("the columns of two fields are one")
	}
}

// A transaction writes beside the current document, and to no slot that was emptied.
func TestBeside(t *testing.T) {
	first, second, third := slotOf("k"), slotBeside("k", 1), slotBeside("k", 2)
	for want, p := range map[string]struct {
		current string
		gone    map[string]bool
	}{
		first:  {current: second},
		second: {current: first},
		third:  {current: first, gone: map[string]bool{second: true}},
	} {
		at := &place{current: &stored{slot: p.current}}
		if got := at.beside("k", p.gone); got != want {
			t.Errorf("beside %s: %s, want %s", p.current, got, want)
		}
	}
	if slotOf("key") == slotOf("yek") {
		t.Error("two ids have one slot")
	}
}

func TestSees(t *testing.T) {
	s := &state{Next: 9, Open: &opened{N: 7}, Dead: []aborted{{N: 3}}}
	for tx, want := range map[int64]bool{0: true, 2: true, 3: false, 6: true, 7: false, 8: true, 9: false, 10: false} {
		if got := s.sees(tx); got != want {
			t.Errorf("a document of transaction %d is seen: %v", tx, got)
		}
	}
}

// What is settled leaves the state, but not while a transaction runs.
func TestTidy(t *testing.T) {
	s := &state{Open: &opened{N: 7}, Done: []finished{{N: 3, Buried: true}, {N: 5}}}
	if s.tidy(); len(s.Done) != 2 {
		t.Errorf("while one runs: %+v", s)
	}
	s.Open = nil
	if s.tidy(); len(s.Done) != 1 || s.Done[0].N != 5 || s.Settled != 1 {
		t.Errorf("afterwards: %+v", s)
	}
}
