package report

import (
	"fmt"
	"strings"

	"github.com/fronyai/frony-db/bench/engine"
)

const baseline = "hnswlib"

// Markdown returns the tables: what was measured and where, the comparison at equal
// recall, size and build time, the figures by kind of query, and the frontiers.
func (r *Report) Markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("%s: %d vectors of %d dimensions, %d queries; heads are the first %d, M = %d (svs: %d), efConstruction = %d. ",
		r.Set, r.Vectors, r.Dims, r.Queries, r.HeadDims, engine.M, engine.VamanaDegree, engine.EfConstruction)
	p("%s, one core, kernels %s, commit %s, %s, %s clock. ", r.Machine, r.Kernels, r.Commit, r.Date, r.Clock)
	p("Recall is recall@10 against exact search over all dimensions, after the exact rerank of the candidates, which every engine gets.\n\n")
	for _, why := range r.LeftOut {
		p("Left out: %s.\n\n", why)
	}

	base := r.find(baseline)
	p("| engine |")
	for _, t := range r.Targets {
		p(" q/s at %.3g |", t)
		if base != nil {
			p(" × %s (min–max) |", baseline)
		}
	}
	p("\n| --- |")
	for range r.Targets {
		p(" ---: |")
		if base != nil {
			p(" ---: |")
		}
	}
	p("\n")
	for i := range r.Engines {
		e := &r.Engines[i]
		p("| %s |", e.Name)
		for _, t := range r.Targets {
			p(" %s |", number(e.speed(t).Median))
			if base != nil {
				s := e.ratio(base, t)
				if s.Median == 0 {
					p(" – |")
				} else {
					p(" %s (%s–%s) |", times(s.Median), times(s.Min), times(s.Max))
				}
			}
		}
		p("\n")
	}

	p("\n| engine | build, s | × %s | bytes/vector | of them |\n| --- | ---: | ---: | ---: | --- |\n", baseline)
	for i := range r.Engines {
		e := &r.Engines[i]
		build := e.Build.Time.CPU.Seconds()
		p("| %s | %.*f |", e.Name, decimals(build), build)
		if base != nil && base.Build.Time.CPU > 0 {
			p(" %s |", times(build/base.Build.Time.CPU.Seconds()))
		} else {
			p(" – |")
		}
		parts := make([]string, len(e.Build.Parts))
		for i, part := range e.Build.Parts {
			parts[i] = fmt.Sprintf("%s %.0f", part.Name, part.Bytes)
		}
		p(" %.0f | %s |\n", e.Build.Bytes, strings.Join(parts, ", "))
	}
	p("\nThe full vectors of the rerank (%d bytes each) are the same for all and not counted.\n", 4*r.Dims)

	if len(r.Kinds) > 0 {
		for _, t := range r.Targets {
			p("\nBy kind of query, with each engine's fastest configuration that reaches %.3g on the mean: recall / share of the queries below .9 / queries per second.\n\n", t)
			p("| engine | ef | codes | depth | all | %s |\n| --- | ---: | ---: | ---: |%s\n", strings.Join(r.Kinds, " | "), strings.Repeat(" --- |", 1+len(r.Kinds)))
			for i := range r.Engines {
				e := &r.Engines[i]
				x := e.reaching(t)
				if x == nil {
					p("| %s |%s\n", e.Name, strings.Repeat(" – |", 4+len(r.Kinds)))
					continue
				}
				p("| %s | %d | %d | %d | %s |", e.Name, x.Ef, x.Codes, x.Depth, x.Figures)
				for _, k := range x.Kinds {
					p(" %s |", k)
				}
				p("\n")
			}
		}
	}

	p("\n| engine | ef | codes | depth | recall@10 | below .9 | q/s | p50 µs | p99 µs |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for i := range r.Engines {
		e := &r.Engines[i]
		if len(e.Rounds) == 0 {
			continue
		}
		for _, x := range Frontier(e.median()) {
			p("| %s | %d | %d | %d | %.4f | %.4f | %s |", e.Name, x.Ef, x.Codes, x.Depth, x.Recall, x.Below, number(x.QPS))
			if x.P50 > 0 {
				p(" %.0f | %.0f |\n", float64(x.P50.Nanoseconds())/1e3, float64(x.P99.Nanoseconds())/1e3)
			} else {
				p(" | |\n")
			}
		}
	}
	return b.String()
}

// decimals is how many a time in seconds is written with.
func decimals(seconds float64) int {
	if seconds < 1 {
		return 3
	}
	return 1
}

// String returns recall, the share below 0.9 and speed.
func (f Figures) String() string {
	share := func(x float64) string { return strings.TrimPrefix(fmt.Sprintf("%.3f", x), "0") }
	return share(f.Recall) + " / " + share(f.Below) + " / " + number(f.QPS)
}

// times writes a ratio.
func times(x float64) string {
	if x < 0.1 {
		return fmt.Sprintf("%.1g", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// number writes a speed with three digits.
func number(x float64) string {
	switch {
	case x == 0:
		return "–"
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	case x < 10_000:
		return fmt.Sprintf("%.0f", x)
	default:
		return fmt.Sprintf("%.1fk", x/1000)
	}
}
