package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/fronyai/frony-db/db/internal/lexical"
)

const (
	leastAsked = 4   // questions of each kind that have a term
	leastLift  = 1.5 // how much more often questions have it than statements
	deviations = 1.7 // of the number of questions, by which it may be too high
)

// counts are of texts, and of those that have a term.
type counts struct {
	texts float64
	terms map[uint64]float64
}

func (c *counts) share(key uint64) float64 { return (c.terms[key] + 0.5) / (c.texts + 1) }

// atLeast is share, less what chance may have added.
func (c *counts) atLeast(key uint64) float64 {
	n := c.terms[key]
	return max(0, n-deviations*math.Sqrt(n)) / (c.texts + 1)
}

// asking learns which terms ask, whatever is asked about: 무엇, 어떻게, what, tell. They are
// more frequent in questions than in other texts of any kind; both in the question sets,
// each of whose texts asks or orders, and elsewhere. What the questions are about isn't.
func asking(pairs []pair) error {
	var asked [2][2]counts // by language, in question sets and elsewhere
	var rest [2][3]counts  // by language and kind of text
	for i := range asked {
		for j := range rest[i] {
			rest[i][j].terms = map[uint64]float64{}
		}
		for j := range asked[i] {
			asked[i][j].terms = map[uint64]float64{}
		}
	}
	names := map[uint64]string{}
	seen := map[string]bool{}
	x := lexical.New()
	for _, p := range pairs {
		for _, text := range []string{p.Q, p.P} {
			if seen[text] {
				continue
			}
			seen[text] = true
			lang := 0
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
				lang = 1
			}
			c := &rest[lang][statement(p.Source)]
			orders := strings.HasPrefix(p.Source, "stylekqc") || strings.HasPrefix(p.Source, "parakqc")
			switch asks := strings.HasSuffix(strings.TrimSpace(text), "?"); {
			case orders && (asks || lang == 1):
				c = &asked[lang][0]
			case orders:
				continue
			case asks:
				c = &asked[lang][1]
			}
			c.texts++
			for _, key := range slices.Compact(x.Analyze(lexical.Fields{Text: text})) {
				if key < 3<<62 { // not a sound
					c.terms[key]++
				}
			}
			for _, w := range words(text) {
				for _, key := range x.Analyze(lexical.Fields{Text: w}) {
					if names[key] == "" || len(names[key]) > len(w) {
						names[key] = w
					}
				}
			}
		}
	}
	type entry struct {
		key  uint64
		lift float64
		text string
	}
	var all []entry
	for lang := range asked {
		fmt.Println("questions", asked[lang][0].texts, asked[lang][1].texts, "others", rest[lang][0].texts, rest[lang][1].texts, rest[lang][2].texts)
		for key, n := range asked[lang][0].terms {
			if n < leastAsked || asked[lang][1].terms[key] < leastAsked {
				continue
			}
			of := 0.0
			for i := range rest[lang] {
				of = max(of, rest[lang][i].share(key))
			}
			lift := min(asked[lang][0].atLeast(key), asked[lang][1].atLeast(key)) / of
			if lift > leastLift {
				all = append(all, entry{key, lift, names[key]})
			}
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(b.lift, a.lift), cmp.Compare(a.key, b.key)) })
	for _, e := range all {
		fmt.Printf("%s %.1f, ", e.text, e.lift)
	}
	fmt.Println(len(all), "terms")
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(lexical.Everyday(a.key), lexical.Everyday(b.key)) })
	var out []byte
	for _, e := range all {
		out = binary.LittleEndian.AppendUint32(out, lexical.Everyday(e.key))
	}
	for _, e := range all {
		out = append(out, byte(min(255, math.Round(16*math.Log(e.lift)))))
	}
	return os.WriteFile("db/internal/lexical/asking.bin", out, 0o644)
}

// statement is the kind of texts of a source that ask nothing: conversation, manuals, or
// others.
func statement(source string) int {
	switch source, _, _ = strings.Cut(source, "_"); source {
	case "chatbot", "question", "tatoeba":
		return 0
	case "pydocs", "tldr", "fastapi":
		return 1
	}
	return 2
}
