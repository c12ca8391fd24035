package report

import (
	"fmt"
	"html"
	"math"
	"strings"
)

var colours = []string{"#0b62d6", "#d6450b", "#2f8f3a", "#8a4fc4", "#b8860b", "#c2185b", "#00838f", "#555555", "#7cb342", "#ff8f00", "#5d4037", "#26c6da"}

// SVG plots recall against queries per second: the frontier of each engine, where up and to
// the right is better. On the recall axis, 0.99–0.999 is as wide as 0.9–0.99.
func (r *Report) SVG() string {
	const (
		width, height           = 760, 460
		left, right, top, below = 70, 190, 50, 50
	)
	lowest, highest := 0.90, 0.999
	minQ, maxQ := math.Inf(1), 0.0
	curves := make([][]Point, len(r.Engines))
	for i := range r.Engines {
		if len(r.Engines[i].Rounds) == 0 {
			continue
		}
		curves[i] = Frontier(r.Engines[i].median())
		for _, p := range curves[i] {
			if p.Recall >= lowest {
				minQ, maxQ = min(minQ, p.QPS), max(maxQ, p.QPS)
			}
			highest = max(highest, min(p.Recall, 0.9995))
		}
	}
	if maxQ == 0 {
		minQ, maxQ = 1, 10
	}
	minQ = max(minQ, maxQ/200) // slower ones are named, not drawn
	minQ, maxQ = math.Pow(10, math.Floor(math.Log10(minQ))), math.Pow(10, math.Ceil(math.Log10(maxQ)*4)/4)
	x := func(recall float64) float64 {
		f := func(r float64) float64 { return -math.Log10(1 - min(r, highest)) }
		return left + (f(recall)-f(lowest))/(f(highest)-f(lowest))*(width-left-right)
	}
	y := func(qps float64) float64 {
		return height - below - (math.Log10(qps)-math.Log10(minQ))/(math.Log10(maxQ)-math.Log10(minQ))*(height-top-below)
	}
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">`, width, height)
	p(`<rect width="%d" height="%d" fill="#ffffff"/>`, width, height)
	p(`<text x="%d" y="22" font-size="15" font-weight="600" fill="#222">%s</text>`, left,
		html.EscapeString(fmt.Sprintf("%d vectors, %d of %d dimensions, one core", r.Vectors, r.HeadDims, r.Dims)))
	p(`<text x="%d" y="38" fill="#666">%s</text>`, left, html.EscapeString(r.Set+" · "+r.Machine+" · up and right is better"))
	for q := minQ; q <= maxQ*1.001; q *= 10 {
		for _, m := range []float64{1, 2, 5} {
			if q*m > maxQ*1.001 {
				break
			}
			p(`<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#e4e4e4"/>`, left, width-right, y(q*m), y(q*m))
			p(`<text x="%d" y="%.1f" text-anchor="end" fill="#444">%s</text>`, left-8, y(q*m)+4, short(q*m))
		}
	}
	for _, rec := range []float64{0.90, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999} {
		if rec > highest {
			break
		}
		p(`<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#e4e4e4"/>`, x(rec), x(rec), top, height-below)
		p(`<text x="%.1f" y="%d" text-anchor="middle" fill="#444">%g</text>`, x(rec), height-below+18, rec)
	}
	p(`<text x="%d" y="%d" text-anchor="middle" fill="#222">recall@10 after the rerank</text>`, (left+width-right)/2, height-12)
	p(`<text transform="translate(16 %d) rotate(-90)" text-anchor="middle" fill="#222">queries per second</text>`, (top+height-below)/2)
	labels := 0
	for i, curve := range curves {
		colour := colours[i%len(colours)]
		var line []string
		for _, q := range curve {
			if q.Recall >= lowest && q.QPS >= minQ {
				line = append(line, fmt.Sprintf("%.1f,%.1f", x(q.Recall), y(q.QPS)))
			}
		}
		name := html.EscapeString(r.Engines[i].Name)
		if len(line) == 0 {
			name += missing(curve, lowest)
		}
		ly := top + 10 + 20*labels
		labels++
		p(`<rect x="%d" y="%d" width="12" height="12" fill="%s"/>`, width-right+14, ly-10, colour)
		p(`<text x="%d" y="%d" fill="#222">%s</text>`, width-right+32, ly, name)
		if len(line) == 0 {
			continue
		}
		p(`<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`, colour, strings.Join(line, " "))
		for _, pt := range line {
			cx, cy, _ := strings.Cut(pt, ",")
			p(`<circle cx="%s" cy="%s" r="3" fill="%s"/>`, cx, cy, colour)
		}
	}
	p(`</svg>`)
	return b.String()
}

// short writes a number of an axis.
func short(x float64) string {
	if x >= 1000 {
		return fmt.Sprintf("%gk", x/1000)
	}
	return fmt.Sprintf("%g", x)
}

// missing says why an engine has no line.
func missing(curve []Point, lowest float64) string {
	if len(curve) == 0 {
		return " (no result)"
	}
	best := curve[len(curve)-1]
	if best.Recall < lowest {
		return fmt.Sprintf(" (recall %.2f)", best.Recall)
	}
	return fmt.Sprintf(" (%s q/s)", number(best.QPS))
}
