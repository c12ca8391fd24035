package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/internal/lexical"
)

// terms is the number of terms in the table.
const terms = 12_000

// background counts in how many everyday texts a term is. Manuals of software are
// not everyday.
func background(pairs []pair) error {
	df := map[uint64]int{}
	seen := map[string]bool{}
	x := lexical.New()
	for _, p := range pairs {
		if strings.HasPrefix(p.Source, "pydocs") || strings.HasPrefix(p.Source, "tldr") || strings.HasPrefix(p.Source, "fastapi") {
			continue
		}
		for _, text := range []string{p.Q, p.P} {
			if seen[text] {
				continue
			}
			seen[text] = true
			for _, key := range slices.Compact(x.Analyze(lexical.Fields{Text: text})) {
				if key < 3<<62 { // not a sound
					df[key]++
				}
			}
		}
	}
	keys := slices.Collect(maps.Keys(df))
	slices.SortFunc(keys, func(a, b uint64) int { return cmp.Or(df[b]-df[a], cmp.Compare(a, b)) })
	keys = keys[:min(terms, len(keys))]
	fmt.Println(len(seen), "everyday texts,", len(df), "terms, least frequency", df[keys[len(keys)-1]])
	type entry struct {
		hash   uint32
		rarity byte
	}
	var all []entry
	for _, k := range keys {
		r := math.Log(float64(len(seen)) / float64(df[k]))
		all = append(all, entry{lexical.Everyday(k), byte(math.Round(16 * r))})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.hash, b.hash) })
	var out []byte
	for _, e := range all {
		out = binary.LittleEndian.AppendUint32(out, e.hash)
	}
	for _, e := range all {
		out = append(out, e.rarity)
	}
	return os.WriteFile("db/internal/lexical/everyday.bin", out, 0o644)
}
