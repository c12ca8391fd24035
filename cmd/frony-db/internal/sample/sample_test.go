package sample

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/db/filter"
)

func load(t *testing.T) []Passage {
	t.Helper()
	all, err := Passages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPassages(t *testing.T) {
	topics := map[string]string{
		"cook": "cooking", "trav": "travel", "comp": "computing", "heal": "health", "law": "law",
		"hist": "history", "sci": "science", "sport": "sports", "fin": "finance", "lang": "language",
	}
	seen := map[string]bool{}
	byLang, byTopic := map[string]int{}, map[string]int{}
	for _, p := range load(t) {
		if seen[p.ID] {
			t.Errorf("%s appears twice", p.ID)
		}
		seen[p.ID] = true
		byLang[p.Lang]++
		byTopic[p.Topic+" "+p.Lang]++

		part := strings.Split(p.ID, "-")
		switch {
		case len(part) != 3 || part[0] != p.Lang || topics[part[1]] != p.Topic || len(part[2]) != 3:
			t.Errorf("%s: lang %q, topic %q", p.ID, p.Lang, p.Topic)
		case p.Year < 1 || p.Year > 2025:
			t.Errorf("%s: year %d", p.ID, p.Year)
		case len(p.Tags) == 0 || slices.Contains(p.Tags, ""):
			t.Errorf("%s: tags %q", p.ID, p.Tags)
		case !norm.NFC.IsNormalString(p.Text) || !utf8.ValidString(p.Text):
			t.Errorf("%s: not NFC", p.ID)
		case strings.TrimSpace(p.Text) != p.Text || strings.Contains(p.Text, "  "):
			t.Errorf("%s: spare space in %q", p.ID, p.Text)
		case !strings.HasSuffix(strings.TrimRight(p.Text, `"'`), "."):
			t.Errorf("%s: no full stop at the end of %q", p.ID, p.Text)
		}
		if n := utf8.RuneCountInString(p.Text); n < 40 || n > 400 {
			t.Errorf("%s: %d letters", p.ID, n)
		}
		if korean := mostlyHangul(p.Text); korean != (p.Lang == "ko") {
			t.Errorf("%s: language of %q", p.ID, p.Text)
		}
	}
	if byLang["ko"] != 170 || byLang["en"] != 170 || len(byLang) != 2 || len(byTopic) != 2*len(topics) {
		t.Errorf("counts: %v %v", byLang, byTopic)
	}
	both := 0
	for id := range seen {
		if rest, ok := strings.CutPrefix(id, "ko-"); ok && seen["en-"+rest] && rest[len(rest)-3:] <= "008" {
			both++
		}
	}
	if both != 80 {
		t.Errorf("%d subjects in both languages", both)
	}
}

func mostlyHangul(s string) bool {
	hangul, letters := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.Is(unicode.Hangul, r) {
			hangul++
		}
	}
	return hangul*2 > letters
}

// TestNoNearDuplicates compares all pairs by their sets of five-letter sequences.
func TestNoNearDuplicates(t *testing.T) {
	all := load(t)
	pieces := make([]map[string]bool, len(all))
	for i, p := range all {
		pieces[i] = map[string]bool{}
		letters := []rune(strings.ToLower(p.Text))
		for j := range len(letters) - 4 {
			pieces[i][string(letters[j:j+5])] = true
		}
	}
	for i, a := range pieces {
		for j, b := range pieces[:i] {
			shared := 0
			for piece := range a {
				if b[piece] {
					shared++
				}
			}
			if jaccard := float64(shared) / float64(len(a)+len(b)-shared); jaccard > 0.25 {
				t.Errorf("%s and %s share %.0f%%", all[i].ID, all[j].ID, 100*jaccard)
			}
		}
	}
}

func TestQueries(t *testing.T) {
	byID := map[string]Passage{}
	for _, p := range load(t) {
		byID[p.ID] = p
	}
	kinds := map[string]int{}
	for _, q := range Queries() {
		var e filter.Expr
		if q.Filter != "" {
			var err error
			if e, err = filter.Parse(q.Filter); err != nil {
				t.Errorf("%s: %v", q.Text, err)
			}
		}
		kinds[q.From+q.To]++
		korean := strings.ContainsFunc(q.Text, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
		if korean != (q.From == "ko") || len(q.Want) == 0 || byID[q.Want[0]].Lang != q.To {
			t.Errorf("%s: from %s to %s, want %v", q.Text, q.From, q.To, q.Want)
		}
		for _, id := range q.Want {
			p, ok := byID[id]
			metadata := map[string]any{"lang": p.Lang, "topic": p.Topic, "year": p.Year, "tags": p.Tags}
			if !ok || !e.MatchMap(metadata) {
				t.Errorf("%s: %s is not in the corpus or not within %s", q.Text, id, e)
			}
		}
	}
	if kinds["koko"] != 2 || kinds["koen"] != 2 || kinds["enko"] != 2 {
		t.Errorf("got %v", kinds)
	}
}
