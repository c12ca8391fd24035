package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Mode is a way of searching.
type Mode string

// The modes, in the order of the tables.
const (
	Exact384 Mode = "exact384"  // brute force over 384 dimensions: the limit of the embeddings
	Exact192 Mode = "exact192"  // brute force over the first 192 dimensions
	TwoStage Mode = "two_stage" // candidates from the graph over 192, reranked over 384
	Lexical  Mode = "lexical"
	Hybrid   Mode = "hybrid"
)

// Modes are all modes.
var Modes = []Mode{Exact384, Exact192, TwoStage, Lexical, Hybrid}

// A Searcher is what is measured.
type Searcher interface {
	// Index replaces all documents by docs. It returns when they can be found in every
	// mode.
	Index(ctx context.Context, docs []Document) error

	// Search returns the ids of the k best documents, best first, each once.
	Search(ctx context.Context, mode Mode, query string, k int) (Answer, error)
}

// An Answer is the result of a search.
type Answer struct {
	IDs    []string
	Scores []float32 // of IDs, or nil; for run files
	Stages []Stage   // where the time went, in the same order for every query of a mode
}

// A Stage is a part of a search, such as embedding.
type Stage struct {
	Name string
	Time time.Duration
}

// Options of Run; nil and zero fields mean the defaults.
type Options struct {
	Modes []Mode // the default is all

	// Titles stores the titles of documents, which are searched then.
	Titles bool

	// Perturb measures each set a second time with its queries perturbed, for each of
	// these; Seed chooses how.
	Perturb []Perturbation
	Seed    uint64

	// Details keeps what became of each query, and why it was missed: Report.WriteQuestions.
	Details bool

	// Progress, if set, is called before every set and mode, and every hundred queries.
	Progress func(set string, mode Mode, done, of int)
}

// Run indexes and searches set after set, one query at a time. Errors of the searcher
// name set, mode and query.
func Run(ctx context.Context, sets []*Set, s Searcher, opts *Options) (*Report, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if len(o.Modes) == 0 {
		o.Modes = Modes
	}
	for _, mode := range o.Modes {
		if !slices.Contains(Modes, mode) {
			return nil, fmt.Errorf("eval: mode %q: want one of %q", mode, Modes)
		}
	}
	for _, p := range o.Perturb {
		if !slices.Contains(Perturbations, p) {
			return nil, fmt.Errorf("eval: perturbation %q: want one of %q", p, Perturbations)
		}
	}
	if len(sets) == 0 {
		return nil, errors.New("eval: no set")
	}
	report := &Report{Seed: o.Seed}
	times := make(map[string]int)
	for _, set := range sets {
		if times[set.Name]++; times[set.Name] > 1 { // several folders of the same name
			again := *set
			again.Name = fmt.Sprintf("%s-%d", set.Name, times[set.Name])
			set = &again
		}
		all, err := runSet(ctx, set, s, &o)
		if err != nil {
			return nil, fmt.Errorf("eval: %s: %w", set.Name, err)
		}
		report.Sets = append(report.Sets, all...)
	}
	return report, nil
}

// runSet indexes a set and measures it with its queries as they are, then perturbed.
func runSet(ctx context.Context, set *Set, s Searcher, o *Options) ([]*SetReport, error) {
	docs := set.Documents
	if !o.Titles {
		docs = slices.Clone(docs)
		for i := range docs {
			docs[i].Title = ""
		}
	}
	o.progress(set, "", 0)
	start := time.Now()
	if err := s.Index(ctx, docs); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	took := micros(time.Since(start)) / float64(max(1, len(docs)))
	plain, err := runQueries(ctx, set, s, o, "")
	if err != nil {
		return nil, err
	}
	all := []*SetReport{plain}
	for _, p := range o.Perturb {
		perturbed, changed := set.Perturb(p, o.Seed)
		if changed == 0 {
			continue // Latin in an English set
		}
		perturbed.Name += "+" + string(p)
		r, err := runQueries(ctx, perturbed, s, o, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		r.Changed = changed
		all = append(all, r)
	}
	for _, r := range all {
		r.IndexMicroseconds = took
	}
	return all, nil
}

// runQueries measures a set that is indexed, with its queries under a perturbation.
func runQueries(ctx context.Context, set *Set, s Searcher, o *Options, p Perturbation) (*SetReport, error) {
	r := &SetReport{
		Name: set.Name, Documents: len(set.Documents), Queries: len(set.Queries), Unjudged: set.Unjudged,
		Perturbation: p, Modes: make(map[Mode]*ModeReport),
	}
	for _, mode := range o.Modes {
		m, err := runMode(ctx, set, s, mode, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", mode, err)
		}
		r.Modes[mode] = m
	}
	r.compare()
	if o.Details {
		if err := r.explain(ctx, set, s); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func runMode(ctx context.Context, set *Set, s Searcher, mode Mode, o *Options) (*ModeReport, error) {
	m := &ModeReport{run: make([]Answer, 0, len(set.Queries)), set: set}
	times := make([]float64, 0, len(set.Queries))
	all := make([]*Metrics, 0, len(set.Queries))
	stages := make(map[string][]float64)
	for i, q := range set.Queries {
		if i%100 == 0 {
			o.progress(set, mode, i)
		}
		start := time.Now()
		a, err := s.Search(ctx, mode, q.Text, depth)
		took := time.Since(start)
		if err == nil {
			err = a.validate()
		}
		if err != nil {
			return nil, fmt.Errorf("query %q: %w", q.ID, err)
		}
		for _, stage := range a.Stages {
			if stages[stage.Name] == nil {
				m.Stages = append(m.Stages, StageReport{Name: stage.Name})
			}
			stages[stage.Name] = append(stages[stage.Name], micros(stage.Time))
		}
		metrics := Measure(a.IDs, set.Grades[q.ID])
		all = append(all, &metrics)
		times = append(times, micros(took))
		m.run = append(m.run, a)
	}
	m.Metrics = combine(all, mean)
	m.Microseconds = percentile(times, 50)
	m.Microseconds99 = percentile(times, 99)
	for i := range m.Stages {
		m.Stages[i].Microseconds = percentile(stages[m.Stages[i].Name], 50)
	}
	return m, nil
}

// validate returns an error for an answer that has a document twice or is too long.
func (a *Answer) validate() error {
	if len(a.IDs) > depth {
		return fmt.Errorf("%d answers for k %d", len(a.IDs), depth)
	}
	if a.Scores != nil && len(a.Scores) != len(a.IDs) {
		return fmt.Errorf("%d scores for %d answers", len(a.Scores), len(a.IDs))
	}
	for i, id := range a.IDs {
		if slices.Contains(a.IDs[:i], id) {
			return fmt.Errorf("document %q is found twice", id)
		}
	}
	return nil
}

func (o *Options) progress(set *Set, mode Mode, done int) {
	if o.Progress != nil {
		o.Progress(set.Name, mode, done, len(set.Queries))
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// percentile sorts values and returns the nearest-rank percentile.
func percentile(values []float64, p int) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[max(0, (len(values)*p+99)/100-1)]
}
