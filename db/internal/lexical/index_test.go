package lexical

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
)

// TestModel drives the index and the naive BM25 through the same additions,
// replacements and removals, and compares what they find.
func TestModel(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	x := New()
	m := newModel()
	v := newVocabulary(rng, 400)
	steps := 8000
	if testing.Short() {
		steps = 2000
	}
	for step := range steps {
		node := uint32(rng.IntN(1500))
		if rng.IntN(100) == 0 {
			node += 1 << 20
		}
		if rng.IntN(3) == 0 {
			x.Remove(node)
			m.remove(node)
		} else {
			text := v.text(rng.IntN(30))
			x.Add(node, Fields{Text: text})
			m.add(node, text)
		}
		if step%100 != 0 || len(m.docs) == 0 {
			continue
		}
		compare(t, x, m, v)
		if t.Failed() {
			t.Fatalf("at step %d", step)
		}
	}
	check(t, x)
	for node := range m.docs {
		x.Remove(node)
	}
	check(t, x)
	if x.Len() != 0 || len(x.ids) != 0 || x.length != 0 {
		t.Errorf("emptied: %d documents, %d terms, length %d", x.Len(), len(x.ids), x.length)
	}
}

// A removed document leaves the postings and the forward index before long.
func TestRemovedIsCompacted(t *testing.T) {
	t.Parallel()
	x := New()
	for node := range uint32(1000) {
		x.Add(node, Fields{Text: fmt.Sprintf("common text number%d", node)})
	}
	c, l := x.chunks[0], &x.lists[x.ids[wordKey([]rune("common"))]]
	before := len(c.terms)
	for node := range uint32(900) {
		x.Remove(node)
	}
	if l.df != 100 || l.n > 100+100/3+16 {
		t.Errorf("a list of %d documents has %d postings", l.df, l.n)
	}
	if len(c.terms) > before/4 {
		t.Errorf("the forward index of a tenth has %d of %d bytes", len(c.terms), before)
	}
	check(t, x)
}

func compare(t *testing.T, x *Index, m *model, v *vocabulary) {
	t.Helper()
	if x.Len() != len(m.docs) {
		t.Errorf("Len is %d, want %d", x.Len(), len(m.docs))
	}
	for range 6 {
		query, k := v.text(1+v.rng.IntN(12)), 1+v.rng.IntN(30)
		if short := (&search{}); func() bool { short.analysis.run(query); return short.short() }() {
			continue // the model knows nothing of widening
		}
		var allow func(uint32) bool
		if v.rng.IntN(2) == 0 {
			part := uint32(1 + v.rng.IntN(40))
			allow = func(node uint32) bool { return node%part == 0 }
		}
		if err := same(x.Search(nil, Query{Text: query, K: k, Allow: allow, Cores: v.rng.IntN(4)}), m.search(query, k, allow)); err != nil {
			t.Errorf("query %q, k %d, filtered %v: %v", query, k, allow != nil, err)
		}
		nodes, want := []uint32{1 << 31}, []Hit{{1 << 31, 0}}
		for _, h := range m.search(query, 1<<30, nil) {
			nodes, want = append(nodes, h.Node), append(want, h)
		}
		ceiling := x.Ceiling(query)
		for i, score := range x.Scores(nil, query, nodes) {
			if math.Abs(float64(score-want[i].Score)) > 1e-5*float64(want[i].Score) || score >= ceiling {
				t.Errorf("query %q, node %d: score %v, want %v under %v", query, nodes[i], score, want[i].Score, ceiling)
			}
		}
	}
}

// check holds the index against its invariants.
func check(t *testing.T, x *Index) {
	t.Helper()
	live := make(map[uint32]uint32) // slot → length
	length := uint64(0)
	for i, c := range x.chunks {
		if c == nil {
			continue
		}
		n := 0
		for j := range c.used {
			if c.died[j].Load() == 0 {
				var written scripts
				for _, term := range c.termsOf(nil, uint32(j)) {
					written.add(x.lists[term].key)
				}
				if c.spelt[j] != written.spelt() {
					t.Errorf("slot %d is spelt %g, and its terms say %g", i*window+j, c.spelt[j], written.spelt())
				}
				live[uint32(i*window+j)] = c.lengths[j]
				length += uint64(c.lengths[j])
				n++
			}
		}
		if n != c.live {
			t.Errorf("chunk %d counts %d documents and has %d", i, c.live, n)
		}
	}
	if len(live) != x.live || length != x.length {
		t.Errorf("%d documents of length %d, counted %d of %d", len(live), length, x.live, x.length)
	}
	bytes := 0
	for key, id := range x.ids {
		l := &x.lists[id]
		df, n, last := uint32(0), uint32(0), -1
		for slot, tf := range l.each {
			if int(slot) <= last || tf == 0 {
				t.Errorf("term %x: slot %d with tf %d after slot %d", key, slot, tf, last)
			}
			last = int(slot)
			n++
			if _, ok := live[slot]; ok {
				df++
			}
		}
		if l.key != key || df != l.df || n != l.n || last != int(l.last) || df == 0 {
			t.Errorf("term %x: %d of %d live, last %d, counted %+v", key, df, n, last, *l)
		}
		if dead := n - df; dead >= 16 && dead > n/2 {
			t.Errorf("term %x: %d of %d postings dead", key, dead, n)
		}
		bytes += l.size()
	}
	for _, c := range x.chunks {
		if bytes += 8; c != nil {
			bytes += c.size()
		}
	}
	bytes += len(x.nodes.pages) * nodePageSize
	if x.bytes < bytes*95/100 || x.bytes > bytes*105/100+4096 {
		t.Errorf("counted %d bytes, has %d", x.bytes, bytes)
	}
}

// TestConcurrent searches while documents come and go. Every document has its
// own word and a common one: a search must find a document that is always
// there, and never one that was removed before it began.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	x := New()
	v := newVocabulary(rng, 200)
	x.Add(7, Fields{Text: "언제나 " + v.text(5)})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				hits := x.Search(nil, Query{Text: "언제나", K: 3})
				if len(hits) == 0 || hits[0].Node != 7 {
					t.Errorf("the lasting document is not found: %v", hits)
					return
				}
				x.Len()
				x.Bytes()
			}
		})
	}
	for i := range 4000 {
		node := uint32(100 + i%50)
		x.Add(node, Fields{Text: v.text(20) + " 하루살이"})
		if i%3 == 0 {
			x.Add(7, Fields{Text: "언제나 " + v.text(5)}) // replaced, and never missing
		}
		if i%2 == 0 {
			x.Remove(node)
			if slices.ContainsFunc(x.Search(nil, Query{Text: "하루살이", K: 100}), func(h Hit) bool { return h.Node == node }) {
				t.Errorf("document %d is found after its removal", node)
			}
		}
	}
	close(stop)
	wg.Wait()
	check(t, x)
}

func TestSearchBounds(t *testing.T) {
	t.Parallel()
	x := New()
	if hits := x.Search(nil, Query{Text: "무엇", K: 10}); hits != nil {
		t.Errorf("an empty index finds %v", hits)
	}
	x.Add(1, Fields{Text: "서울은 한국의 수도"})
	x.Add(2, Fields{Text: ""})
	x.Add(3, Fields{Text: "?!…"})
	if x.Len() != 3 {
		t.Errorf("Len is %d, want 3", x.Len())
	}
	for _, query := range []string{"", "  ", "!?", "\xff\xfe", "런던"} {
		if hits := x.Search(nil, Query{Text: query, K: 10}); hits != nil {
			t.Errorf("%q finds %v", query, hits)
		}
	}
	for _, k := range []int{0, -1} {
		if hits := x.Search(nil, Query{Text: "서울", K: k}); hits != nil {
			t.Errorf("k %d finds %v", k, hits)
		}
	}
	before := []Hit{{9, 9}}
	if hits := x.Search(before, Query{Text: "수도", K: 1 << 60}); len(hits) != 2 || hits[0] != before[0] || hits[1].Node != 1 {
		t.Errorf("appended: %v", hits)
	}
	x.Remove(1)
	x.Remove(1)
	x.Remove(1 << 30)
	if hits := x.Search(nil, Query{Text: "수도", K: 10}); hits != nil || x.Len() != 2 {
		t.Errorf("removed: %v, Len %d", hits, x.Len())
	}
}

// TestTies orders equal documents by node, however they were added.
func TestTies(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	x := New()
	nodes := rng.Perm(6000)
	for _, node := range nodes {
		x.Add(uint32(node), Fields{Text: "같은 글 same text"})
	}
	for range 3 {
		hits := x.Search(nil, Query{Text: "같은 text", K: 20})
		for i, h := range hits {
			if h.Node != uint32(i) {
				t.Fatalf("hit %d is node %d", i, h.Node)
			}
		}
	}
}

// Numbers that no document has tell nothing; words that no document has may be of another
// language.
func TestTells(t *testing.T) {
	t.Parallel()
	x := New()
	x.Add(1, Fields{Text: "보증금 반환 2026"})
	x.Add(2, Fields{Text: "deposits are paid back"})
	for _, noise := range []string{"09:41:20", "8f31c2aa", "10.0.3.17", "010-2345-6789"} {
		if with, without := x.Tells("보증금 반환 "+noise), x.Tells("보증금 반환"); with != without {
			t.Errorf("%s tells %v", noise, with-without)
		}
		if x.Ceiling(noise) <= 0 {
			t.Errorf("%s has no ceiling", noise)
		}
	}
	for _, word := range []string{"2026", "계약서", "contract"} {
		if x.Tells(word) <= 0 {
			t.Errorf("%s tells nothing", word)
		}
	}
}
