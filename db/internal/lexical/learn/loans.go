package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/fronyai/frony-db/internal/sound"
)

// loans learns which syllables foreign words are spelt with: 턴 and 츠 and not 습 or 했.
//
// A word of Hangul is foreign if a word of the English text beside it has its skeleton;
// nearly all others are not.
func loans(pairs []pair) error {
	foreign, native := map[string]bool{}, map[string]bool{}
	for _, p := range pairs {
		latin := map[sound.Skeleton]bool{}
		if p.Lang == "ko-en" {
			for _, w := range words(p.P) {
				if s := sound.Latin([]rune(strings.ToLower(w))); s.Len() >= 3 {
					latin[s] = true
				}
			}
		}
		for _, text := range []string{p.Q, p.P} {
			for _, w := range words(text) {
				r := []rune(w)
				if r[0] < 0xAC00 || r[0] > 0xD7A3 || len(r) < 2 {
					continue
				}
				n := max(2, len(r)-3) // without an ending
				for n <= len(r) && !latin[sound.Hangul(r[:n])] {
					n++
				}
				if n <= len(r) {
					foreign[string(r[:n])] = true
				} else {
					native[w] = true
				}
			}
		}
	}
	for range 2 { // the second time without words that have a skeleton by chance
		table := learnLoans(foreign, native)
		maps.DeleteFunc(foreign, func(w string, _ bool) bool { return loan(table, w) < 0 })
		if err := os.WriteFile("internal/sound/loans.bin", table, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// loan is sound.Loan with a table.
func loan(table []byte, word string) int {
	sum := 0
	for _, r := range word {
		if i := r - 0xAC00; i >= 0 && i < sound.Syllables {
			sum += int(int8(table[i]))
		}
	}
	return sum
}

// learnLoans returns the table, and prints how well one of half the words tells the
// others apart.
func learnLoans(foreign, native map[string]bool) []byte {
	var in, out [2][sound.Syllables]float64 // by half of the words
	var sumIn, sumOut [2]float64
	half := func(w string) int { return int(w[len(w)-1]) & 1 }
	for w := range foreign {
		for _, r := range w {
			if i := r - 0xAC00; i >= 0 && i < sound.Syllables {
				in[half(w)][i]++
				sumIn[half(w)]++
			}
		}
	}
	for w := range native {
		if foreign[w] {
			continue
		}
		for _, r := range w {
			if i := r - 0xAC00; i >= 0 && i < sound.Syllables {
				out[half(w)][i]++
				sumOut[half(w)]++
			}
		}
	}
	fmt.Println(len(foreign), "foreign words,", len(native), "others")
	table := func(halves ...int) []byte {
		t := make([]byte, sound.Syllables)
		for i := range t {
			a, b, sa, sb := 0.5, 0.5, 0.0, 0.0
			for _, h := range halves {
				a, b, sa, sb = a+in[h][i], b+out[h][i], sa+sumIn[h], sb+sumOut[h]
			}
			v := 16 * math.Log(a/sa*sb/b)
			if a+b < 2 {
				v = 0 // not seen
			}
			t[i] = byte(int8(max(-127, min(127, math.Round(v)))))
		}
		return t
	}
	test := table(0)
	for _, limit := range []int{-16, 0, 8, 16, 24, 32, 48} {
		var hit, of, false1, of1 float64
		for w := range foreign {
			if half(w) == 1 && len(w) >= 9 {
				of++
				if loan(test, w) > limit {
					hit++
				}
			}
		}
		for w := range native {
			if half(w) == 1 && !foreign[w] {
				of1++
				if loan(test, w) > limit {
					false1++
				}
			}
		}
		fmt.Printf("limit %d: %.1f %% of foreign words of three syllables, %.1f %% of others\n", limit, 100*hit/of, 100*false1/of1)
	}
	f := slices.Sorted(maps.Keys(foreign))
	for i := 0; i < len(f); i += len(f) / 40 {
		fmt.Print(f[i], " ")
	}
	fmt.Println()
	return table(0, 1)
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
}
