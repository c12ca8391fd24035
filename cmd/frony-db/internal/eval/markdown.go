package eval

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// names are the display names of the modes.
var names = map[Mode]string{
	Exact384: "exact, 384 dims",
	Exact192: "exact, 192 dims (half dim)",
	TwoStage: "two-stage",
	Lexical:  "lexical",
	Hybrid:   "hybrid",
}

// WriteMarkdown writes a table for each set, like that of the model card, with
// fractions of four digits. If there are several sets, a table of averages follows.
func (r *Report) WriteMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	for i, s := range r.Sets {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "## %s\n\n%d documents, %d queries", s.Name, s.Documents, s.Queries)
		if s.Unjudged > 0 {
			fmt.Fprintf(out, " (%d more without a relevant document)", s.Unjudged)
		}
		if s.Perturbation != "" {
			fmt.Fprintf(out, ", %d of them perturbed", s.Changed)
		}
		fmt.Fprintf(out, ", indexed in %s a document\n\n", duration(s.IndexMicroseconds))
		header(out)
		for _, mode := range Modes {
			if m := s.Modes[mode]; m != nil {
				row(out, names[mode], m, stages(m))
			}
		}
		if m := s.Modes[TwoStage]; m != nil && m.Loss != nil {
			fmt.Fprintf(out, "\nTwo-stage against exact, 384 dims: recall@10 %.4f; lost", *m.Recall)
			for i, v := range m.Loss.fields() {
				fmt.Fprintf(out, "%s %s %+.4f", strings.Repeat(",", min(i, 1)), titles[i], *v)
			}
			fmt.Fprintln(out)
		}
		if s.Misses != nil {
			missed(out, s.Misses)
		}
	}
	for _, p := range r.perturbations() {
		n := r.count(p)
		if n < 2 {
			continue
		}
		name := ""
		if p != "" {
			name = ", " + string(p)
		}
		fmt.Fprintf(out, "\n## Average of %d sets%s\n\n", n, name)
		header(out)
		for _, mode := range r.modes() {
			row(out, names[mode], r.average(mode, p), "")
		}
	}
	if len(r.Compared) > 0 {
		comparison(out, r.Compared)
	}
	return out.Flush()
}

// missed says why nothing relevant is among ten.
func missed(w io.Writer, all map[Miss]int) {
	sum := 0
	var reasons []string
	for _, m := range misses {
		if n := all[m]; n > 0 {
			sum += n
			reasons = append(reasons, fmt.Sprintf("%s %d", m, n))
		}
	}
	fmt.Fprintf(w, "\nNothing relevant among ten: %d", sum)
	if sum > 0 {
		fmt.Fprintf(w, " (%s)", strings.Join(reasons, ", "))
	}
	fmt.Fprintln(w)
}

// comparison writes a table of two runs.
func comparison(w io.Writer, all []Comparison) {
	fmt.Fprint(w, "\n## Compared\n\n| Set | Mode | Queries | Better / worse | Accuracy@1 | Accuracy@10 | MRR@10 |\n| --- | --- | ---: | ---: | --- | --- | --- |\n")
	for _, c := range all {
		set := c.Set
		if set == "" {
			set = strings.TrimSuffix("mean, "+string(c.Perturbation), ", ")
		}
		fmt.Fprintf(w, "| %s | %s | %d | %d / %d |", set, names[c.Mode], c.Queries, c.Better, c.Worse)
		for _, d := range []Difference{c.Accuracy1, c.Accuracy10, c.MRR10} {
			fmt.Fprintf(w, " %.4f → %.4f: %+.4f (%+.4f to %+.4f, p %.3f) |", d.Before, d.After, d.After-d.Before, d.Low, d.High, d.P)
		}
		fmt.Fprintln(w)
	}
}

func header(w io.Writer) {
	fmt.Fprintf(w, "| Mode | %s | Time per query | Stages |\n", strings.Join(titles, " | "))
	fmt.Fprintf(w, "| --- |%s ---: | --- |\n", strings.Repeat(" ---: |", len(titles)))
}

func row(w io.Writer, name string, m *ModeReport, stages string) {
	fmt.Fprintf(w, "| %s |", name)
	for _, v := range m.fields() {
		fmt.Fprintf(w, " %.4f |", *v)
	}
	fmt.Fprintf(w, " %s | %s |\n", duration(m.Microseconds), stages)
}

func stages(m *ModeReport) string {
	parts := make([]string, len(m.Stages))
	for i, s := range m.Stages {
		parts[i] = s.Name + " " + duration(s.Microseconds)
	}
	return strings.Join(parts, ", ")
}

// duration formats microseconds with three digits, in µs, ms or s.
func duration(us float64) string {
	v, unit := us, "µs"
	switch {
	case us >= 999.5e3:
		v, unit = us/1e6, "s"
	case us >= 999.5:
		v, unit = us/1e3, "ms"
	}
	places := 0
	switch {
	case v < 9.995:
		places = 2
	case v < 99.95:
		places = 1
	}
	return fmt.Sprintf("%.*f %s", places, v, unit)
}
