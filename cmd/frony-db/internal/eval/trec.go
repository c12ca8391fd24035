package eval

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteRun writes the results of a mode on a set in TREC format,
//
//	query-id Q0 document-id rank score tag
//
// which trec_eval, pytrec_eval, ranx and ir_measures read. They sort by score and break
// ties in their own way, so equal or missing scores are lowered just enough to keep the
// order. White space in ids becomes "_". It fails if the set or mode was not measured.
func (r *Report) WriteRun(w io.Writer, set string, mode Mode, tag string) error {
	for _, s := range r.Sets {
		if m := s.Modes[mode]; s.Name == set && m != nil {
			return m.writeRun(w, tag)
		}
	}
	return fmt.Errorf("eval: %s was not measured on set %q", mode, set)
}

func (m *ModeReport) writeRun(w io.Writer, tag string) error {
	out := bufio.NewWriter(w)
	for i := range m.run {
		a, before := &m.run[i], float32(math.Inf(1))
		for j, id := range a.IDs {
			score := float32(len(a.IDs) - j)
			if a.Scores != nil {
				score = a.Scores[j]
			}
			if !(score < before) {
				score = math.Nextafter32(before, float32(math.Inf(-1)))
			}
			before = score
			fmt.Fprintf(out, "%s Q0 %s %d %v %s\n", word(m.set.Queries[i].ID), word(id), j+1, score, word(tag))
		}
	}
	return out.Flush()
}

// word turns s into a column of the TREC format.
func word(s string) string { return strings.Join(strings.Fields(s), "_") }
