package lexical

import (
	"bytes"
	"slices"
	"testing"
)

// Names are found in the other script, by Sounds alone.
func TestSounds(t *testing.T) {
	t.Parallel()
	x := New()
	texts := []string{
		"Kubernetes schedules containers",
		"Senator Rosenstein's letter to the Washington Post",
		"프랑크푸르트에서 쿠버네티스를 배우다",
		"The BBC reported it in 1998",
		"비비씨는 보도했다",
		"오늘은 날씨가 좋다고 했습니다",
	}
	for node, text := range texts {
		x.Add(uint32(node), Fields{Text: text})
	}
	for query, want := range map[string][]uint32{
		"쿠버네티스는?":               {0},
		"로즌스타인은 누구인가":           {1},
		"kubernetes":            {2},
		"Frankfurt, Germany":    {2},
		"비비씨":                   {3},
		"1998년":                 {3},
		"bbc":                   {4},
		"날씨가 좋다고":               nil,
		"the weather is lovely": nil,
	} {
		var got []uint32
		for _, h := range x.Search(nil, Query{Text: query, K: 10, Sounds: true}) {
			got = append(got, h.Node)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: found %v, want %v", query, got, want)
		}
	}
	for node, v := range x.Sounds(nil, "쿠버네티스", []uint32{0, 1, 2, 3}) {
		if (v > 0) != (node == 0) {
			t.Errorf("Sounds of document %d: %v", node, v)
		}
	}
}

// Sounds change neither a score nor a length, and a snapshot keeps them.
func TestSoundsAreNotWords(t *testing.T) {
	t.Parallel()
	x := New()
	x.Add(1, Fields{Text: "Kubernetes"})
	x.Add(2, Fields{Text: "도커와 쿠버네티스"})
	if got := x.length; got != 1+8 {
		t.Errorf("length %d", got)
	}
	if hits := x.Search(nil, Query{Text: "쿠버네티스", K: 9}); len(hits) != 1 || hits[0].Node != 2 {
		t.Errorf("found %v", hits)
	}
	var b bytes.Buffer
	if _, err := x.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	y, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	y.Remove(2)
	if hits := y.Search(nil, Query{Text: "쿠버네티스", K: 9, Sounds: true}); len(hits) != 1 || hits[0].Node != 1 {
		t.Errorf("found %v", hits)
	}
	if y.Remove(1); len(y.ids) > 0 {
		t.Errorf("%d terms are left", len(y.ids))
	}
}
