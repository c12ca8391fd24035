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

func TestSlots(t *testing.T) {
	for tx := range int64(40) {
		slot := slotIn("key", tx+1)
		if got := transactionOf(slot); got != tx+1 {
			t.Errorf("%s is of transaction %d, want %d", slot, got, tx+1)
		}
	}
	if slotOf("key") == slotOf("yek") || transactionOf(slotOf("key")) != 0 {
		t.Error("slots of ids")
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
