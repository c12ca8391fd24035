package eval

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
)

// The plot has space for the axes on the left and below, and for the legend on the
// right.
const (
	plotWidth, plotHeight = 760, 440
	plotLeft, plotRight   = 64, 560
	plotTop, plotBottom   = 40, 380
)

// colours of the modes: those of Okabe and Ito, which colour-blind people can
// distinguish. The marks also differ in shape.
var colours = map[Mode]string{
	Exact384: "#0072B2", Exact192: "#56B4E9", TwoStage: "#D55E00", Lexical: "#009E73", Hybrid: "#CC79A7",
}

// WriteSVG writes a plot of Accuracy@10 against the time per query on a logarithmic
// axis, with a small mark for each set and mode and a large one for a mode's average
// over the sets as they are.
func (r *Report) WriteSVG(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := plot{w: out}
	for _, s := range r.Sets {
		for _, m := range s.Modes {
			p.include(m.Microseconds)
		}
	}
	p.frame()
	for _, mode := range r.modes() {
		for _, s := range r.Sets {
			if m := s.Modes[mode]; m != nil {
				p.mark(mode, m, 3.5, s.Name)
			}
		}
	}
	for i, mode := range r.modes() {
		m := r.average(mode, "")
		if n := r.count(""); n > 1 {
			p.mark(mode, m, 8, fmt.Sprintf("average of %d sets", n))
		}
		p.legend(i, mode, m)
	}
	fmt.Fprintln(out, "</svg>")
	return out.Flush()
}

type plot struct {
	w        io.Writer
	low, top float64 // decades of microseconds
	any      bool
}

// include extends the time axis to whole decades around us.
func (p *plot) include(us float64) {
	l := math.Log10(max(us, 0.1))
	if !p.any {
		p.low, p.top, p.any = math.Floor(l), math.Floor(l)+1, true
	}
	p.low, p.top = min(p.low, math.Floor(l)), max(p.top, math.Ceil(l))
}

func (p *plot) x(us float64) float64 {
	return plotLeft + (plotRight-plotLeft)*(math.Log10(max(us, 0.1))-p.low)/max(1, p.top-p.low)
}

func (p *plot) y(accuracy float64) float64 { return plotBottom - (plotBottom-plotTop)*accuracy }

func (p *plot) frame() {
	fmt.Fprintf(p.w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(p.w, `<rect width="%d" height="%d" fill="white"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(p.w, `<text x="%d" y="22" font-size="15">Accuracy@10 against time per query</text>`+"\n", plotLeft)
	for i := range 6 {
		a := float64(i) / 5
		p.line(plotLeft, p.y(a), plotRight, p.y(a))
		fmt.Fprintf(p.w, `<text x="%d" y="%.1f" text-anchor="end">%.1f</text>`+"\n", plotLeft-8, p.y(a)+4, a)
	}
	for d := p.low; d <= p.top; d++ {
		us := math.Pow(10, d)
		p.line(p.x(us), plotTop, p.x(us), plotBottom)
		fmt.Fprintf(p.w, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", p.x(us), plotBottom+18, tick(us))
	}
	fmt.Fprintf(p.w, `<text x="%d" y="%d" text-anchor="middle">median time per query</text>`+"\n", (plotLeft+plotRight)/2, plotBottom+42)
}

func tick(us float64) string {
	switch {
	case us >= 1e6:
		return fmt.Sprintf("%g s", us/1e6)
	case us >= 1e3:
		return fmt.Sprintf("%g ms", us/1e3)
	}
	return fmt.Sprintf("%.3g µs", us)
}

func (p *plot) line(x1, y1, x2, y2 float64) {
	fmt.Fprintf(p.w, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/>`+"\n", x1, y1, x2, y2)
}

func (p *plot) mark(mode Mode, m *ModeReport, size float64, set string) {
	x, y := p.x(m.Microseconds), p.y(m.Accuracy10)
	opacity := 0.55
	if size > 4 {
		opacity = 1
	}
	fmt.Fprintf(p.w, `<path d="%s" fill="%s" fill-opacity="%.2f" stroke="%s"><title>%s</title></path>`+"\n",
		shape(mode, x, y, size), colours[mode], opacity, colours[mode],
		escape(fmt.Sprintf("%s, %s: %.4f, %s", set, names[mode], m.Accuracy10, duration(m.Microseconds))))
}

// shape is the path of a mode's mark around (x, y).
func shape(mode Mode, x, y, r float64) string {
	points := map[Mode][][2]float64{
		Exact384: {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}},
		Exact192: {{0, -1.3}, {1.3, 0}, {0, 1.3}, {-1.3, 0}},
		TwoStage: {{0, -1.3}, {1.2, 0.9}, {-1.2, 0.9}},
		Lexical:  {{0, 1.3}, {1.2, -0.9}, {-1.2, -0.9}},
		Hybrid:   {{-0.5, -1.2}, {0.5, -1.2}, {1.2, -0.5}, {1.2, 0.5}, {0.5, 1.2}, {-0.5, 1.2}, {-1.2, 0.5}, {-1.2, -0.5}},
	}[mode]
	var b strings.Builder
	for i, pt := range points {
		fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(i, 1)], x+pt[0]*r, y+pt[1]*r)
	}
	return b.String() + "Z"
}

func (p *plot) legend(i int, mode Mode, m *ModeReport) {
	x, y := float64(plotRight+24), float64(plotTop+12+i*40)
	fmt.Fprintf(p.w, `<path d="%s" fill="%s"/>`+"\n", shape(mode, x, y, 6), colours[mode])
	fmt.Fprintf(p.w, `<text x="%.1f" y="%.1f">%s</text>`+"\n", x+14, y+1, escape(names[mode]))
	fmt.Fprintf(p.w, `<text x="%.1f" y="%.1f" fill="#666">%.3f, %s</text>`+"\n", x+14, y+16, m.Accuracy10, duration(m.Microseconds))
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
