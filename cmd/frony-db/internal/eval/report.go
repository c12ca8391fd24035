package eval

import (
	"encoding/json"
	"io"
	"slices"
)

// A Report is the result of Run. Its JSON is the output of eval --json.
type Report struct {
	Seed uint64       `json:"seed"` // of perturbations, samples and bootstraps
	Sets []*SetReport `json:"sets"`

	// Compared is set by the caller: see Compare.
	Compared []Comparison `json:"compared,omitempty"`
}

// A SetReport is the result for one set.
type SetReport struct {
	Name              string               `json:"name"`
	Documents         int                  `json:"documents"`
	Queries           int                  `json:"queries"`
	Unjudged          int                  `json:"unjudged,omitempty"` // queries without a relevant document, which are skipped
	IndexMicroseconds float64              `json:"index_microseconds"` // per document, until all can be found
	Modes             map[Mode]*ModeReport `json:"modes"`

	Perturbation Perturbation `json:"perturbation,omitempty"` // of the queries
	Changed      int          `json:"changed,omitempty"`      // queries that it changed

	// Misses counts the queries of which nothing relevant is among ten, by reason: of
	// hybrid search, or of the last mode measured. It is there with Options.Details.
	Misses map[Miss]int `json:"misses,omitempty"`

	questions []Question // with Options.Details
}

// A ModeReport is the result of one mode on one set.
type ModeReport struct {
	Metrics
	Microseconds   float64       `json:"microseconds"`     // per query: the median
	Microseconds99 float64       `json:"microseconds_p99"` // per query: the 99th percentile
	Stages         []StageReport `json:"stages,omitempty"`

	// Loss is how much better the exact search over 384 dimensions is, and Recall the
	// share of its ten results that this mode finds. They are set for the two-stage
	// search, if both were measured.
	Loss   *Metrics `json:"loss,omitempty"`
	Recall *float64 `json:"recall@10,omitempty"`

	set *Set
	run []Answer // by query
}

// A StageReport is the median time of a stage.
type StageReport struct {
	Name         string  `json:"name"`
	Microseconds float64 `json:"microseconds"`
}

// compare compares the two-stage search with the exact one.
func (r *SetReport) compare() {
	exact, two := r.Modes[Exact384], r.Modes[TwoStage]
	if exact == nil || two == nil {
		return
	}
	loss := combine([]*Metrics{&exact.Metrics, &two.Metrics}, func(v []float64) float64 { return v[0] - v[1] })
	two.Loss = &loss
	found, wanted := 0, 0
	for i := range exact.run {
		wanted += len(exact.run[i].IDs)
		for _, id := range exact.run[i].IDs {
			if slices.Contains(two.run[i].IDs, id) {
				found++
			}
		}
	}
	two.Recall = new(float64(found) / float64(max(1, wanted)))
}

// modes returns the modes that were measured, in the order of Modes.
func (r *Report) modes() (modes []Mode) {
	for _, mode := range Modes {
		if slices.ContainsFunc(r.Sets, func(s *SetReport) bool { return s.Modes[mode] != nil }) {
			modes = append(modes, mode)
		}
	}
	return modes
}

// Questions returns what became of each query. They are there if Options.Details was set.
func (r *Report) Questions() (all []Question) {
	for _, s := range r.Sets {
		all = append(all, s.questions...)
	}
	return all
}

// perturbations returns those that were measured, "" for none first.
func (r *Report) perturbations() (all []Perturbation) {
	for _, p := range append([]Perturbation{""}, Perturbations...) {
		if r.count(p) > 0 {
			all = append(all, p)
		}
	}
	return all
}

// count is the number of sets that were measured under a perturbation.
func (r *Report) count(p Perturbation) (n int) {
	for _, s := range r.Sets {
		if s.Perturbation == p {
			n++
		}
	}
	return n
}

// average returns the mean of a mode over the sets that have it under a perturbation.
func (r *Report) average(mode Mode, p Perturbation) *ModeReport {
	var all []*Metrics
	var times []float64
	for _, s := range r.Sets {
		if m := s.Modes[mode]; m != nil && s.Perturbation == p {
			all = append(all, &m.Metrics)
			times = append(times, m.Microseconds)
		}
	}
	return &ModeReport{Metrics: combine(all, mean), Microseconds: mean(times)}
}

// WriteJSON writes the report as indented JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
