package report

import (
	"fmt"
	"strings"
)

const baseline = "hnswlib"

// Markdown returns the tables: what was measured and where, the comparison at
// equal recall, and every configuration.
func (r *Report) Markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("%s: %d vectors of %d dimensions, %d queries; indexes on the first %d, M = %d, efConstruction = %d. ",
		r.Set, r.Vectors, r.Dims, r.Queries, r.HeadDims, 16, 200)
	p("%s, one core, kernels %s, commit %s, %s, %s clock. ", r.Machine, r.Kernels, r.Commit, r.Date, r.Clock)
	p("Recall is recall@10 against exact search over all dimensions, after the exact rerank of the candidates, which every engine gets.\n\n")

	base := r.find(baseline)
	p("| engine |")
	for _, t := range r.Targets {
		p(" q/s at %.3g |", t)
		if base != nil {
			p(" × %s (min–max) |", baseline)
		}
	}
	p(" build, s | × %s | bytes/vector |\n| --- |", baseline)
	for range r.Targets {
		p(" ---: |")
		if base != nil {
			p(" ---: |")
		}
	}
	p(" ---: | ---: | ---: |\n")
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
		build := e.Build.Time.CPU.Seconds()
		p(" %.1f |", build)
		if base != nil && base.Build.Time.CPU > 0 {
			p(" %.2f |", build/base.Build.Time.CPU.Seconds())
		} else {
			p(" – |")
		}
		p(" %.0f |\n", e.Build.Bytes)
	}

	p("\n| engine | ef | codes | depth | γ | recall@10 | q/s | p50 µs | p99 µs |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for i := range r.Engines {
		e := &r.Engines[i]
		if len(e.Rounds) == 0 {
			continue
		}
		for _, x := range Frontier(e.median()) {
			p("| %s | %d | %d | %d | %.2g | %.4f | %s |", e.Name, x.Ef, x.Codes, x.Depth, x.Gamma, x.Recall, number(x.QPS))
			if x.P50 > 0 {
				p(" %.0f | %.0f |\n", float64(x.P50.Nanoseconds())/1e3, float64(x.P99.Nanoseconds())/1e3)
			} else {
				p(" | |\n")
			}
		}
	}
	return b.String()
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
