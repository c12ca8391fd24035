package main

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// rankingFlags say how a search finds and ranks documents. They have the names of
// HTTP, with dashes.
type rankingFlags struct {
	efSearch     int
	oversampling int
	fusion       string
	denseWeight  float32
}

func (r *rankingFlags) add(f *pflag.FlagSet) {
	f.IntVar(&r.efSearch, "ef-search", 0, "beam width of the graph search (default: the collection's)")
	f.IntVar(&r.oversampling, "oversampling", 0, "candidates per result to rerank (default: the collection's)")
	f.StringVar(&r.fusion, "fusion", "", "how hybrid combines the two rankings: weighted (the default) or reciprocal")
	f.Float32Var(&r.denseWeight, "dense-weight", 0, "weight of the dense score in hybrid, from 0 to 1 (default 0.3)")
}

// query returns a query with the flags' settings. weighted is set if --dense-weight was
// given.
func (r *rankingFlags) query(weighted bool) api.Query {
	q := api.Query{EfSearch: r.efSearch, Oversampling: r.oversampling, Fusion: r.fusion}
	if weighted {
		q.DenseWeight = &r.denseWeight
	}
	return q
}

// searchFlags are the flags of search as the user wrote them.
type searchFlags struct {
	rankingFlags
	k         int
	offset    int
	groupBy   string
	perGroup  int
	where     string
	mode      string
	perSource int
	recall    float32
	exact     bool
	minScore  float32
	minCosine float32
	fields    []string
	highlight bool
	snippet   int
	context   int
	like      []string
	unlike    []string
	also      []string
	weights   []float32
	fuse      string
}

func (s *searchFlags) add(f *pflag.FlagSet) {
	f.IntVarP(&s.k, "k", "k", 10, "number of results")
	f.IntVar(&s.offset, "offset", 0, "results to leave out before the k: 10 for the second page of ten")
	f.StringVarP(&s.where, "filter", "f", "", `condition on metadata, as 'lang = "ko" AND year >= 2020'`)
	f.StringVarP(&s.mode, "mode", "m", "", "dense (meaning), lexical (words) or hybrid (both, the default)")
	f.IntVar(&s.perSource, "per-source", 0, "at most this many results of the same source: 1 returns the best chunk of each document\n(default: no limit)")
	f.StringVar(&s.groupBy, "group-by", "", "field of which at most --per-group results share a value; _source is the source")
	f.IntVar(&s.perGroup, "per-group", 0, "with --group-by: results of the same value (default 1)")
	f.Float32Var(&s.recall, "recall", 0, "share of the true nearest to find, on average, from 0 to 1 (default 0.99)")
	f.BoolVar(&s.exact, "exact", false, "exact (brute-force) search; slow")
	s.rankingFlags.add(f)
	f.Float32Var(&s.minScore, "min-score", 0, "leave out results with a lower score: the cosine in dense, BM25 in lexical, and a fused score from 0 to 1 in hybrid")
	f.Float32Var(&s.minCosine, "min-cosine", 0, "leave out results whose cosine with the query is lower, in dense and hybrid")
	f.StringSliceVar(&s.fields, "fields", nil, "parts of the documents to return, as text,metadata,embedding; id returns only the ids\n(default: text,metadata)")
	f.StringSliceVar(&s.like, "like", nil, "ids of documents to find more like, in place of a query or with one")
	f.StringSliceVar(&s.unlike, "unlike", nil, "ids of documents to move away from")
	f.StringArrayVar(&s.also, "also", nil, "another question for the same search, such as another wording; may be repeated")
	f.Float32SliceVar(&s.weights, "weights", nil, "with --also: how much the questions count, as 1,0.5 (default: 1 each)")
	f.Lookup("weights").DefValue = "" // its usage names the default
	f.StringVar(&s.fuse, "fuse", "", "with --also: how the results are combined: rank (the default) or best")
	f.BoolVar(&s.highlight, "highlight", false, "mark the query's words in the results: «words»")
	f.IntVar(&s.snippet, "snippet", 0, "show the part of each text that fits the query best, of at most this many characters")
	f.IntVar(&s.context, "context", 0, "return each result with this many chunks before and behind it")
}

// searchQuery is what the flags of search ask for.
func (a *app) searchQuery(s *searchFlags, text string) (db.Query, error) {
	if strings.TrimSpace(text) == "" && len(s.like) == 0 {
		return db.Query{}, usage.Errorf("the query is empty")
	}
	if s.k < 1 {
		return db.Query{}, usage.Errorf("-k %d: want 1 or more", s.k)
	}
	w := s.query(a.from["dense-weight"] != byDefault)
	w.Text, w.K, w.Offset, w.PerSource, w.Recall, w.Exact = text, s.k, s.offset, s.perSource, s.recall, s.exact
	w.GroupBy, w.PerGroup = s.groupBy, s.perGroup
	if err := w.Mode.UnmarshalText([]byte(s.mode)); err != nil {
		return db.Query{}, usage.Errorf("--mode: %w", err)
	}
	if a.from["min-score"] != byDefault {
		w.MinScore = &s.minScore
	}
	if a.from["min-cosine"] != byDefault {
		w.MinCosine = &s.minCosine
	}
	w.Highlight, w.Snippet, w.Context, w.Like, w.Unlike = s.highlight, s.snippet, s.context, s.like, s.unlike
	if len(s.fields) > 0 {
		w.Fields = s.fields
	}
	if err := s.several(&w); err != nil {
		return db.Query{}, err
	}
	where, err := parseFilter(s.where)
	if err != nil {
		return db.Query{}, err
	}
	q, err := fromWire(&w)
	q.Filter = where
	return q, err
}

// several makes a query one of several questions, if there is --also.
func (s *searchFlags) several(w *api.Query) error {
	if err := w.Fuse.UnmarshalText([]byte(s.fuse)); err != nil {
		return usage.Errorf("--fuse: %w", err)
	}
	switch {
	case len(s.also) == 0 && (s.fuse != "" || len(s.weights) > 0):
		return usage.Errorf("--fuse and --weights are for several questions; add --also")
	case len(s.also) == 0:
		return nil
	case len(s.weights) > 1+len(s.also):
		return usage.Errorf("--weights has %d numbers for %d questions", len(s.weights), 1+len(s.also))
	}
	w.Queries = []api.Question{{Text: w.Text, Like: w.Like, Unlike: w.Unlike}}
	for _, text := range s.also {
		w.Queries = append(w.Queries, api.Question{Text: text})
	}
	for i, weight := range s.weights {
		if !(weight >= 0) {
			return usage.Errorf("--weights has %v, want 0 or more", weight)
		}
		w.Queries[i].Weight = weight
	}
	w.Text, w.Like, w.Unlike = "", nil, nil
	return nil
}

// fromWire converts a query from its wire form. Errors name the flag at fault.
func fromWire(w *api.Query) (db.Query, error) {
	q, err := w.DB(filter.Limits{})
	if e, ok := errors.AsType[*api.FieldError](err); ok {
		return q, usage.Errorf("--%s: %w", strings.ReplaceAll(e.Field, "_", "-"), err)
	}
	return q, err
}
