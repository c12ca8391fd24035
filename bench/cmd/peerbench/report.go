package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// report holds all measurements. Times are in seconds, sizes in bytes.
type report struct {
	Machine   string      `json:"machine"`
	CPUs      int         `json:"cpus"`
	Date      string      `json:"date"`
	Commit    string      `json:"commit"`
	Texts     string      `json:"texts"` // and vectors: where they are from
	Documents int         `json:"documents"`
	Queries   int         `json:"queries"`
	Kill      int         `json:"kill"` // documents of a run that is killed
	Databases []*database `json:"databases"`
}

// database is one of those compared.
type database struct {
	Name    string     `json:"name"`
	Version string     `json:"version"`
	Error   string     `json:"error,omitempty"` // why there are no more figures
	Sweep   []searched `json:"sweep"`           // of the first round, until the last target is reached
	Chosen  []setting  `json:"chosen"`          // for each target; nil if none reaches it
	Rounds  []*figures `json:"rounds"`
}

// setting is that of the last target, or else the default.
func (d *database) setting() setting {
	if n := len(d.Chosen); n > 0 && d.Chosen[n-1] != nil {
		return d.Chosen[n-1]
	}
	return setting{}
}

// figures are those of one round.
type figures struct {
	Load    float64    `json:"load"`
	Peak    int64      `json:"peak"`
	Disk    int64      `json:"disk"`
	Default searched   `json:"default"`
	Targets []searched `json:"targets"`
	Part    searched   `json:"part"`    // a tenth of the documents pass
	Shelf   searched   `json:"shelf"`   // a hundredth
	Restart float64    `json:"restart"` // from the start of a process to its first answer
	Open    float64    `json:"open"`    // of it, opening and the search
	Lost    int        `json:"lost"`    // documents that are not there any more
	Churn   struct {
		Delete float64  `json:"delete"`
		Insert float64  `json:"insert"`
		Before searched `json:"before"` // upkeep
		Upkeep float64  `json:"upkeep"`
		After  searched `json:"after"`
		Disk   int64    `json:"disk"`
	} `json:"churn"`
	Kill struct {
		Acked   int    `json:"acked"`
		Missing int    `json:"missing"`
		Unfound int    `json:"unfound"`
		Error   string `json:"error,omitempty"`
	} `json:"kill"`
}

// searched is the outcome of all queries with one setting.
type searched struct {
	Setting setting `json:"setting"`
	Queries int     `json:"queries"` // that the time was enough for
	Recall  float64 `json:"recall"`
	P50     float64 `json:"p50"`
	P99     float64 `json:"p99"`
}

// choose returns the first setting that reaches the recall, or nil.
func choose(sweep []searched, recall float64) setting {
	for _, s := range sweep {
		if s.Recall >= recall {
			return s.Setting
		}
	}
	return nil
}

func (s setting) String() string {
	if len(s) == 0 {
		return "default"
	}
	var parts []string
	for _, knob := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, knob+" "+strconv.FormatFloat(s[knob], 'g', -1, 64))
	}
	return strings.Join(parts, ", ")
}

func (r *report) markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	rounds := 0
	for _, d := range r.Databases {
		rounds = max(rounds, len(d.Rounds))
	}
	p("%d documents of %d dims (%s), %d queries, k = %d; %s, %d CPUs, commit %s, %s; medians of %d rounds\n",
		r.Documents, dims, cmp.Or(r.Texts, "generated vectors and texts"), r.Queries, k, r.Machine, r.CPUs, r.Commit, r.Date, rounds)

	p("\n| | version | load, documents/s | peak memory, MiB | disk, MiB | restart, ms | of it open and search | lost by the restart |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, d := range r.Databases {
		version := d.Version
		if d.Name == "frony-db" {
			version = r.Commit
		}
		rate := d.median(func(m *figures) float64 { return ratio(float64(r.Documents), m.Load) })
		p("| %s | %s | %s | %s | %s | %s | %s | %s |\n", d.Name, version, number(rate), number(d.median(func(m *figures) float64 { return unless0(float64(m.Peak) / (1 << 20)) })),
			number(d.median(func(m *figures) float64 { return unless0(float64(m.Disk) / (1 << 20)) })), number(1000*d.median(func(m *figures) float64 { return unless0(m.Restart) })),
			number(1000*d.median(func(m *figures) float64 { return unless0(m.Open) })), whole(d.median(func(m *figures) float64 {
				if m.Restart == 0 {
					return math.NaN()
				}
				return float64(m.Lost)
			})))
	}

	p("\nQueries, times in ms:\n\n| | default: p50 | p99 | recall@10 |")
	for _, t := range targets {
		p(" ≥ %g: setting | p50 | p99 | recall@10 |", t)
	}
	p("\n| --- | ---: | ---: | ---: |%s\n", strings.Repeat(" --- | ---: | ---: | ---: |", len(targets)))
	for _, d := range r.Databases {
		p("| %s | %s |", d.Name, d.searched(func(m *figures) searched { return m.Default }, true))
		for i := range targets {
			name := "—"
			if i < len(d.Chosen) && d.Chosen[i] != nil {
				name = d.Chosen[i].String()
			}
			p(" %s | %s |", name, d.searched(func(m *figures) searched {
				if i < len(m.Targets) {
					return m.Targets[i]
				}
				return searched{}
			}, true))
		}
		p("\n")
	}

	p("\nWith a filter, at the setting for %g, times in ms:\n\n| | setting | 10 %% pass: p50 | recall@10 | 1 %% pass: p50 | recall@10 |\n| --- | --- | ---: | ---: | ---: | ---: |\n", targets[len(targets)-1])
	for _, d := range r.Databases {
		p("| %s | %s | %s | %s |\n", d.Name, d.setting(), d.searched(func(m *figures) searched { return m.Part }, false),
			d.searched(func(m *figures) searched { return m.Shelf }, false))
	}

	p("\n30 %% deleted and as many inserted, at the same setting, times in ms:\n\n| | deletes/s | inserts/s | p50 | recall@10 | upkeep, s | p50 | recall@10 | disk, MiB |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, d := range r.Databases {
		fresh := float64(r.Documents * 3 / 10)
		p("| %s | %s | %s | %s | %s | %s | %s |\n", d.Name, number(d.median(func(m *figures) float64 { return ratio(fresh, m.Churn.Delete) })),
			number(d.median(func(m *figures) float64 { return ratio(fresh, m.Churn.Insert) })), d.searched(func(m *figures) searched { return m.Churn.Before }, false),
			number(d.median(func(m *figures) float64 {
				if m.Churn.Upkeep < 0.001 { // there is none
					return math.NaN()
				}
				return m.Churn.Upkeep
			})), d.searched(func(m *figures) searched { return m.Churn.After }, false),
			number(d.median(func(m *figures) float64 { return unless0(float64(m.Churn.Disk) / (1 << 20)) })))
	}

	if r.Kill > 0 {
		p("\nkill -9 while inserting, %d documents, all rounds together:\n\n| | acknowledged | missing | there and not found by their own vector | failed to open or to answer |\n| --- | ---: | ---: | ---: | --- |\n", r.Kill)
		for _, d := range r.Databases {
			acked, missing, unfound, failed, why := 0, 0, 0, 0, ""
			for _, m := range d.Rounds {
				acked, missing, unfound = acked+m.Kill.Acked, missing+m.Kill.Missing, unfound+m.Kill.Unfound
				if m.Kill.Error != "" {
					missing += m.Kill.Acked
					failed, why = failed+1, ": "+m.Kill.Error
				}
			}
			p("| %s | %d | %d | %d | %d of %d%s |\n", d.Name, acked, missing, unfound, failed, len(d.Rounds), why)
		}
	}
	for _, d := range r.Databases {
		if d.Error != "" {
			p("\n**%s is out: %s**\n", d.Name, d.Error)
		}
	}
	return b.String()
}

// searched is p50, p99 if wanted, and recall as cells of a table.
func (d *database) searched(of func(*figures) searched, p99 bool) string {
	f := func(g func(searched) float64) float64 {
		return d.median(func(m *figures) float64 {
			if s := of(m); s.Queries > 0 {
				return g(s)
			}
			return math.NaN()
		})
	}
	cells := []string{number(1000 * f(func(s searched) float64 { return s.P50 }))}
	if p99 {
		cells = append(cells, number(1000*f(func(s searched) float64 { return s.P99 })))
	}
	recall := "—"
	if x := f(func(s searched) float64 { return s.Recall }); !math.IsNaN(x) {
		recall = fmt.Sprintf("%.4f", x)
	}
	return strings.Join(append(cells, recall), " | ")
}

// median is the median of the rounds that have the figure, or NaN.
func (d *database) median(of func(*figures) float64) float64 {
	var all []float64
	for _, m := range d.Rounds {
		if x := of(m); !math.IsNaN(x) {
			all = append(all, x)
		}
	}
	if len(all) == 0 {
		return math.NaN()
	}
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// ratio is NaN if either was not measured.
func ratio(a, b float64) float64 { return a / unless0(b) }

func unless0(x float64) float64 {
	if x == 0 {
		return math.NaN()
	}
	return x
}

func whole(x float64) string {
	if math.IsNaN(x) {
		return "—"
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// number formats x with at least three digits.
func number(x float64) string {
	switch {
	case math.IsNaN(x):
		return "—"
	case x == 0 || math.Abs(x) >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case math.Abs(x) >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case math.Abs(x) >= 1:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}
