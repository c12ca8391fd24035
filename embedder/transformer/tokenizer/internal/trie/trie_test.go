package trie

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestAgainstMap builds random tries and compares every answer with a map's.
func TestAgainstMap(t *testing.T) {
	t.Parallel()
	const seed = 1
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, size := range []int{0, 1, 2, 10, 300, 5000} {
		alphabet := 2 + r.IntN(254)
		key := func() string {
			b := make([]byte, r.IntN(9))
			for i := range b {
				b[i] = byte(r.IntN(alphabet))
			}
			return string(b)
		}
		model := map[string]uint32{}
		var entries []Entry
		for range size {
			e := Entry{key(), uint32(r.IntN(MaxValue + 1))}
			entries = append(entries, e)
			if e.Key != "" {
				model[e.Key] = e.Value
			}
		}
		tr, err := New(entries)
		if err != nil {
			t.Fatal(err)
		}
		prefixes := map[string]bool{}
		for k, want := range model {
			if got, ok := tr.Get(k); !ok || got != want {
				t.Fatalf("size %d: Get(%q) = %d, %v, want %d", size, k, got, ok, want)
			}
			for i := range k {
				prefixes[k[:i+1]] = true
			}
		}
		for range 20000 {
			k := key()
			want, ok := model[k]
			if got, has := tr.Get(k); has != ok || ok && got != want {
				t.Fatalf("size %d: Get(%q) = %d, %v, want %d, %v", size, k, got, has, want, ok)
			}
			n, walk := tr.Root(), true
			for i := 0; i < len(k) && walk; i++ {
				n, _, walk = tr.Step(n, k[i])
				if walk != prefixes[k[:i+1]] {
					t.Fatalf("size %d: a step to %q: %v", size, k[:i+1], walk)
				}
			}
		}
	}
}

func TestLongKeyAndRange(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("가", 100_000)
	tr, err := New([]Entry{{long, 7}})
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := tr.Get(long); !ok || v != 7 {
		t.Errorf("Get = %d, %v", v, ok)
	}
	if _, err := New([]Entry{{"a", MaxValue + 1}}); err == nil {
		t.Error("a value out of range is accepted")
	}
}
