package lexical

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/fronyai/frony-db/internal/frame"
)

// churned returns an index with holes: documents were added, replaced and
// removed.
func churned(rng *rand.Rand, v *vocabulary, docs int) (*Index, *model) {
	x := New()
	m := newModel()
	for range 3 * docs {
		node := uint32(rng.IntN(2 * docs))
		if rng.IntN(2) == 0 {
			x.Remove(node)
			m.remove(node)
			continue
		}
		text := v.text(rng.IntN(20))
		x.Add(node, Fields{Text: text})
		m.add(node, text)
	}
	return x, m
}

func snapshot(t testing.TB, x *Index) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := x.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo: %d bytes of %d, %v", n, b.Len(), err)
	}
	return b.Bytes()
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	v := newVocabulary(rng, 3000)
	for _, docs := range []int{0, 1, 50, 5000} {
		x, _ := churned(rng, v, docs)
		b := snapshot(t, x)
		r := bytes.NewReader(append(bytes.Clone(b), "more"...))
		y, err := Read(iotest.HalfReader(r))
		if err != nil {
			t.Fatalf("%d documents: %v", docs, err)
		}
		if r.Len() != len("more") {
			t.Errorf("%d documents: Read left %d bytes, want %d", docs, r.Len(), len("more"))
		}
		check(t, y)
		if !bytes.Equal(snapshot(t, y), b) {
			t.Errorf("%d documents: a second snapshot differs", docs)
		}
		for range 50 {
			query := v.text(1 + rng.IntN(8))
			if err := same(y.Search(nil, Query{Text: query, K: 10}), x.Search(nil, Query{Text: query, K: 10})); err != nil {
				t.Errorf("%d documents: %q: %v", docs, query, err)
			}
		}
		// What was read goes on like any other.
		for range docs / 2 {
			node, text := uint32(rng.IntN(2*docs)), v.text(10)
			y.Remove(uint32(rng.IntN(2 * docs)))
			y.Add(node, Fields{Text: text})
		}
		check(t, y)
	}
}

// TestSnapshotWhileWriting takes a snapshot of an index that changes; it
// must hold one moment of it.
func TestSnapshotWhileWriting(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	v := newVocabulary(rng, 300)
	x, _ := churned(rng, v, 2000)
	r, w := io.Pipe()
	go func() {
		_, err := x.WriteTo(w)
		w.CloseWithError(err)
	}()
	var b bytes.Buffer
	buf := make([]byte, 1024)
	for {
		n, err := r.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			break
		}
		for range 20 {
			x.Add(uint32(rng.IntN(4000)), Fields{Text: v.text(10)})
			x.Remove(uint32(rng.IntN(4000)))
		}
	}
	y, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	check(t, y)
}

func TestSnapshotDamage(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	x, _ := churned(rng, newVocabulary(rng, 300), 200)
	whole := snapshot(t, x)
	refused := func(what string, b []byte) {
		t.Helper()
		if _, err := Read(bytes.NewReader(b)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for range 300 {
		b := bytes.Clone(whole)
		head := len(snapshotMagic) + 4 // a version that differs is not damage
		b[head+rng.IntN(len(b)-head)] ^= 1 << rng.IntN(8)
		refused("a bit changed", b)
	}
	for n := 0; n < len(whole); n += 1 + rng.IntN(200) {
		refused("truncated", whole[:n])
	}
	refused("of another kind", []byte("another kind of file entirely"))
	refused("empty", frames(snapshotVersion, nil))
	for _, version := range []uint32{1, 99} {
		if _, err := Read(bytes.NewReader(frames(version, nil))); !errors.Is(err, ErrVersion) {
			t.Errorf("of version %d: %v", version, err)
		}
	}
	if _, err := Read(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("reader fails: %v", err)
	}
}

// frames returns a stream with the given body, in several frames.
func frames(version uint32, body []byte) []byte {
	var b bytes.Buffer
	w := frame.NewWriter(&b, snapshotMagic, version)
	for part := range slices.Chunk(body, 1000) {
		w.Frame(part)
	}
	return b.Bytes()
}

// FuzzRead gives Read bodies with correct checksums: whatever they say, it returns
// an error or an index that keeps its invariants.
func FuzzRead(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, docs := range []int{0, 3, 20} {
		x, _ := churned(rng, newVocabulary(rng, 30), docs)
		in, err := frame.NewReader(bytes.NewReader(snapshot(f, x)), snapshotMagic, snapshotVersion)
		if err != nil {
			f.Fatal(err)
		}
		body, err := in.Next(nil, maxFrame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		x, err := Read(bytes.NewReader(frames(snapshotVersion, body)))
		if err != nil {
			return
		}
		check(t, x)
		x.Search(nil, Query{Text: "가 나 다 abc", K: 5})
		x.Add(1, Fields{Text: "가나다 abc"})
		x.Remove(0)
		x.Remove(1)
		check(t, x)
		again, err := Read(bytes.NewReader(snapshot(t, x)))
		if err != nil || again.Len() != x.Len() {
			t.Errorf("a second time: %v", err)
		}
	})
}

// TestRenumber runs out of slots: the index starts anew with the documents it
// has.
func TestRenumber(t *testing.T) {
	rng := seeded(t)
	defer func(was uint32) { maxSlot = was }(maxSlot)
	maxSlot = 4000
	v := newVocabulary(rng, 200)
	x := New()
	m := newModel()
	for i := range 12000 {
		node, text := uint32(rng.IntN(900)), v.text(rng.IntN(10))
		x.Add(node, Fields{Text: text})
		m.add(node, text)
		if i%1000 == 999 {
			compare(t, x, m, v)
		}
	}
	if x.next > maxSlot+1 {
		t.Errorf("slots have gone up to %d", x.next)
	}
	check(t, x)
	// Renumbering changes no answer, not even in the last digit's place.
	before := x.Search(nil, Query{Text: v.words[0], K: 50})
	x.renumber()
	if after := x.Search(nil, Query{Text: v.words[0], K: 50}); !reflect.DeepEqual(after, before) {
		t.Errorf("renumbered: %v, before %v", after, before)
	}
}
