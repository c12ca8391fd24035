package eval

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func questions(texts ...string) *Set {
	s := &Set{Name: "q", Grades: make(Grades)}
	for i, text := range texts {
		id := string(rune('a' + i))
		s.Queries = append(s.Queries, Query{ID: id, Text: text})
		s.Grades[id] = map[string]int{"d": 1}
	}
	return s
}

func TestPerturb(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p          Perturbation
		text, want string
	}{
		{Spacing, "서울의 수도는  where", "서울의수도는where"},
		{Upper, "kubernetes 설치", "KUBERNETES 설치"},
		{Latin, "안녕 까닭 값 왜 뷁?", "dkssud Rkekfr rkqt dho qnpfr?"},
		{Latin, "how are you", "how are you"},
		{Typo, "가 a 12", "가 a 12"},
	} {
		s, changed := questions(tt.text).Perturb(tt.p, 1)
		if got := s.Queries[0].Text; got != tt.want || changed > 0 != (tt.text != tt.want) {
			t.Errorf("%s of %q: %q, want %q; %d changed", tt.p, tt.text, got, tt.want, changed)
		}
	}
}

// TestPerturbAtRandom: another seed gives other questions, the same seed the same,
// whatever other questions there are; and a question can be recognised in each.
func TestPerturbAtRandom(t *testing.T) {
	t.Parallel()
	texts := []string{
		"임종석이 여의도 농민 폭력 시위를 주도한 혐의로 지명수배 된 날은?", "When did the 1973 oil crisis begin?",
		"데이터베이스 백업", "Which écoles taught naïve painters and who were the teachers that they had there?",
	}
	all := questions(texts...)
	for _, p := range []Perturbation{Typo, Wrap, Ask} {
		differ := false
		for i, q := range all.Queries {
			one := *all
			one.Queries = all.Queries[i : i+1]
			first, n := one.Perturb(p, 5)
			again, _ := all.Perturb(p, 5)
			other, _ := all.Perturb(p, 6)
			text := first.Queries[0].Text
			if n != 1 || text != again.Queries[i].Text {
				t.Errorf("%s of %q: %q, then %q", p, q.Text, text, again.Queries[i].Text)
			}
			differ = differ || text != other.Queries[i].Text
			before, after := utf8.RuneCountInString(q.Text), utf8.RuneCountInString(text)
			switch p {
			case Typo:
				if after < before-2 || after > before+2 || len(strings.Fields(text)) != len(strings.Fields(q.Text)) {
					t.Errorf("typo: %q became %q", q.Text, text)
				}
			default:
				if !strings.Contains(text, strings.TrimRight(q.Text, "?")) || p == Wrap && after < before+100 {
					t.Errorf("%s: %q became %q", p, q.Text, text)
				}
			}
		}
		if !differ {
			t.Errorf("%s: the seed makes no difference", p)
		}
	}
	if all.Queries[0].Text != texts[0] {
		t.Error("the set itself was changed")
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	s := small("a")
	ids := func(s *Set) (ids []string) {
		for _, q := range s.Queries {
			ids = append(ids, q.ID)
		}
		return ids
	}
	first, second := s.Sample(Part{1, 2}, 0, 1), s.Sample(Part{2, 2}, 0, 9)
	both := append(ids(first), ids(second)...)
	slices.Sort(both)
	want := ids(s)
	slices.Sort(want)
	if !slices.Equal(both, want) || len(first.Queries) == 0 || len(second.Queries) == 0 {
		t.Errorf("parts %v and %v of %v", ids(first), ids(second), want)
	}
	five := s.Sample(Part{}, 5, 1)
	if len(five.Queries) != 5 || len(five.Documents) != 20 || !slices.Equal(ids(five), ids(s.Sample(Part{}, 5, 1))) {
		t.Errorf("sample %v", ids(five))
	}
	if slices.Equal(ids(five), ids(s.Sample(Part{}, 5, 2))) {
		t.Error("the seed makes no difference")
	}
	if got := s.Sample(Part{}, 100, 1); len(got.Queries) != 20 {
		t.Errorf("%d queries of 20", len(got.Queries))
	}
	if p, err := ParsePart("2/3"); err != nil || p != (Part{2, 3}) {
		t.Errorf("%v, %v", p, err)
	}
	for _, bad := range []string{"", "1", "0/2", "3/2", "1/2x", "-1/2", "a/b", "01/2"} {
		if _, err := ParsePart(bad); err == nil {
			t.Errorf("part %q is accepted", bad)
		}
	}
}

func TestMixed(t *testing.T) {
	t.Parallel()
	a, b := small("a"), small("a")
	b.Documents[3].Text = "another"
	b.Grades["q 5"]["d5"] = 2
	m := Mixed([]*Set{a, b})
	if len(m.Documents) != 21 || len(m.Queries) != 40 || m.Name != "mixed" {
		t.Fatalf("%d documents, %d queries", len(m.Documents), len(m.Queries))
	}
	if g := m.Grades["a'/q 3"]; len(g) != 1 || g["a'/d3"] != 1 {
		t.Errorf("a document of its own: %v", g)
	}
	if g := m.Grades["a'/q 5"]; len(g) != 1 || g["a/d5"] != 2 {
		t.Errorf("a shared document: %v", g)
	}
}
