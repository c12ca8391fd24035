package eval

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// legDepth is how far the retrievers are looked through for the relevant documents of a
// question that was missed.
const legDepth = 100

// A Miss is the reason why no relevant document is first.
type Miss string

// The reasons. A retriever has a document if it is among its first 100.
const (
	MissFusion    Miss = "fusion"       // one of the retrievers has it first
	MissOutranked Miss = "outranked"    // both have it
	MissDense     Miss = "dense_only"   // only the embeddings have it
	MissLexical   Miss = "lexical_only" // only the words have it
	MissNeither   Miss = "neither"
)

// misses are all reasons, in the order of the reports.
var misses = []Miss{MissFusion, MissOutranked, MissDense, MissLexical, MissNeither}

// A Question is what became of one query: a line of the file of details.
type Question struct {
	Set          string         `json:"set"`
	Perturbation Perturbation   `json:"perturbation,omitempty"`
	ID           string         `json:"id"`
	Text         string         `json:"text"` // as it was searched
	Relevant     []string       `json:"relevant"`
	Modes        map[Mode]Found `json:"modes"`

	// Legs and Miss explain why hybrid search, or else the last mode measured, doesn't
	// have a relevant document first.
	Miss Miss  `json:"miss,omitempty"`
	Legs *Legs `json:"legs,omitempty"`
}

// Found is what a mode has found: the rank of the first relevant document, 0 if it isn't
// among ten, and the first document.
type Found struct {
	Rank  int    `json:"rank"`
	First string `json:"first,omitempty"`
}

// Legs are the ranks of the first relevant document among the first 100 of each
// retriever by itself; 0 is none.
type Legs struct {
	Dense   int `json:"dense"`
	Lexical int `json:"lexical"`
}

func (l *Legs) miss() Miss {
	switch {
	case l.Dense == 1 || l.Lexical == 1:
		return MissFusion
	case l.Dense > 0 && l.Lexical > 0:
		return MissOutranked
	case l.Dense > 0:
		return MissDense
	case l.Lexical > 0:
		return MissLexical
	}
	return MissNeither
}

// rank is that of the first relevant document, or 0.
func rank(ids []string, grades map[string]int) int {
	return 1 + slices.IndexFunc(ids, func(id string) bool { return grades[id] > 0 })
}

// explain fills in the questions of a set that was measured.
func (r *SetReport) explain(ctx context.Context, set *Set, s Searcher) error {
	r.Misses = make(map[Miss]int)
	modes := make([]Mode, 0, len(r.Modes))
	for _, mode := range Modes {
		if r.Modes[mode] != nil {
			modes = append(modes, mode)
		}
	}
	for i, q := range set.Queries {
		grades := set.Grades[q.ID]
		of := Question{Set: r.Name, Perturbation: r.Perturbation, ID: q.ID, Text: q.Text, Modes: make(map[Mode]Found, len(modes))}
		for id, grade := range grades {
			if grade > 0 {
				of.Relevant = append(of.Relevant, id)
			}
		}
		slices.Sort(of.Relevant)
		for _, mode := range modes {
			ids := r.Modes[mode].run[i].IDs
			f := Found{Rank: rank(ids, grades)}
			if len(ids) > 0 {
				f.First = ids[0]
			}
			of.Modes[mode] = f
		}
		if last := of.Modes[modes[len(modes)-1]].Rank; last != 1 {
			legs, err := findLegs(ctx, s, q, grades)
			if err != nil {
				return fmt.Errorf("query %q: %w", q.ID, err)
			}
			of.Legs, of.Miss = legs, legs.miss()
			if last == 0 {
				r.Misses[of.Miss]++
			}
		}
		r.questions = append(r.questions, of)
	}
	return nil
}

func findLegs(ctx context.Context, s Searcher, q Query, grades map[string]int) (*Legs, error) {
	dense, err := s.Search(ctx, Exact384, q.Text, legDepth)
	if err != nil {
		return nil, err
	}
	words, err := s.Search(ctx, Lexical, q.Text, legDepth)
	if err != nil {
		return nil, err
	}
	return &Legs{Dense: rank(dense.IDs, grades), Lexical: rank(words.IDs, grades)}, nil
}

// WriteQuestions writes a line of JSON for every query of every set, which ReadQuestions
// reads. They are there if Options.Details was set.
func (r *Report) WriteQuestions(w io.Writer) error {
	out := bufio.NewWriter(w)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for _, s := range r.Sets {
		for i := range s.questions {
			if err := e.Encode(&s.questions[i]); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// ReadQuestions reads the details of a run. Errors are FileErrors.
func ReadQuestions(path string) ([]Question, error) {
	var all []Question
	err := eachLine(path, func(text string) error {
		var q Question
		if err := json.Unmarshal([]byte(text), &q); err != nil {
			return fmt.Errorf("no details of a query: %w", err)
		}
		if q.Set == "" || q.ID == "" || len(q.Modes) == 0 {
			return errors.New(`no details of a query: "set", "id" or "modes" is missing`)
		}
		all = append(all, q)
		return nil
	})
	if err == nil && len(all) == 0 {
		err = &FileError{Path: path, Err: errors.New("nothing in it")}
	}
	return all, err
}
