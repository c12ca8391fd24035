package report

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

func points(v ...float64) []Point {
	var p []Point
	for i := 0; i < len(v); i += 2 {
		p = append(p, Point{Figures: Figures{Recall: v[i], QPS: v[i+1]}})
	}
	return p
}

func TestFrontierAndAt(t *testing.T) {
	ps := points(0.99, 100, 0.90, 1000, 0.95, 90, 0.97, 400, 0.97, 300)
	f := Frontier(ps)
	if len(f) != 3 || f[0].Recall != 0.90 || f[1].QPS != 400 || f[2].Recall != 0.99 {
		t.Errorf("frontier %v", f)
	}
	for _, c := range []struct{ recall, want float64 }{{0.5, 1000}, {0.90, 1000}, {0.98, 200}, {0.99, 100}, {0.995, 0}} {
		if got := At(ps, c.recall); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("At(%g) = %g, want %g", c.recall, got, c.want)
		}
	}
}

func TestRatioIsRoundByRound(t *testing.T) {
	ours := Engine{Name: "a", Rounds: [][]Point{points(0.99, 300), points(0.99, 60), points(0.99, 500)}}
	theirs := Engine{Name: "hnswlib", Rounds: [][]Point{points(0.99, 100), points(0.99, 10), points(0.99, 100)}}
	if got, want := ours.ratio(&theirs, 0.99), (Spread{5, 3, 6}); got != want {
		t.Errorf("ratio %v, want %v", got, want)
	}
	r := Report{Targets: []float64{0.99}, Engines: []Engine{ours, theirs}}
	if md := r.Markdown(); !strings.Contains(md, "| a | 300 | 5.00 (3.00–6.00) |") {
		t.Errorf("table:\n%s", md)
	}
}

func TestFiguresByKind(t *testing.T) {
	point := func(speed time.Duration) Point {
		return NewPoint([]Part{
			{Recalls: []float64{1, 0.9, 0.8, 0.9}, Taken: 4 * speed},
			{Recalls: []float64{0.5}, Taken: 6 * speed},
		})
	}
	e := Engine{Name: "a", Rounds: [][]Point{{point(time.Second)}, {point(time.Second / 4)}, {point(time.Second / 2)}}}
	r := Report{Targets: []float64{0.8, 0.9}, Kinds: []string{"short", "long"}, Engines: []Engine{e}, LeftOut: []string{"b: gone"}}
	md := r.Markdown()
	for _, want := range []string{
		"| engine | ef | codes | depth | all | short | long |",
		"| a | 0 | 0 | 0 | .820 / .400 / 1.0 | .900 / .250 / 2.0 | .500 / 1.000 / 0.3 |",
		"| a | – | – | – | – | – | – |",
		"b: gone",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("no %q in\n%s", want, md)
		}
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	r := Report{Set: "<&>", Engines: []Engine{
		{Name: "a<b", Rounds: [][]Point{points(0.95, 3000, 0.999, 10)}},
		{Name: "low", Rounds: [][]Point{points(0.2, 30)}},
		{Name: "none"},
	}}
	for _, svg := range []string{r.SVG(), (&Report{}).SVG()} {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%s", err, svg)
			}
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("a number is missing in\n%s", svg)
		}
	}
}
