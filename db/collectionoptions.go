package db

import (
	"cmp"
	"errors"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/embedder"
)

// CollectionOptions say how a collection is created or opened. The zero value
// is the default. Dims, HeadDims, M, EfConstruction, NoTail and Codes are fixed at
// creation. When opening they may be left zero; if set, they must match.
type CollectionOptions struct {
	// Embedder, if set, is used in place of the database's. The collection stores
	// its fingerprint: opening it with another model returns ErrModelMismatch.
	Embedder embedder.Embedder

	// MustExist makes opening a collection that does not exist fail with
	// ErrNoCollection instead of creating it.
	MustExist bool

	// Dims is the number of dimensions of the embeddings, for a collection without
	// an embedder.
	Dims int
	// Precomputed creates a collection whose documents carry their embeddings, of
	// Dims each. The database's embedder is not used.
	Precomputed bool
	// HeadDims is the length of the Matryoshka head that the graph searches with
	// HeadCodes, which are then the default. Zero is the embedder's, or Dims, which
	// suits vectors without Matryoshka training.
	HeadDims int

	// M is the number of links per node on the upper levels of the graph; the
	// lowest level has twice as many. Default 16.
	M int
	// EfConstruction is the beam width when building the graph; default 200.
	EfConstruction int

	// EfSearch is the beam width of a search. Zero uses the number of candidates,
	// which is calibrated on the collection's own vectors. With it or Oversampling
	// searches ask the graph, which is then built from the first document on.
	EfSearch int
	// Oversampling is the number of candidates per result that the graph
	// proposes and the full vectors rerank. Zero calibrates it on the
	// collection's own vectors.
	Oversampling int

	// NoTail keeps no codes in memory for the dimensions after the head. It saves a
	// byte for each, with the built-in model 192 bytes per document. The graph's
	// candidates are then compared directly by their full vectors, which is slower.
	NoTail bool

	// Graph says when the graph is built. The default is GraphAuto. It may change from
	// one opening to the next; a graph that was built stays.
	Graph Graph

	// Codes selects what the graph and the first comparison read of each embedding.
	// Those of the caller, and of a caller who sets HeadDims or NoTail, stay. Without,
	// a collection of embeddings with a Matryoshka head chooses by measurement: before
	// its graph is built for the first time, and whenever it has doubled since, it asks
	// both kinds of codes the questions that it has received, or sentences of its
	// documents, and takes the others if searches cost a third less with them. Stats
	// says what was measured. It begins, as all others do, with HeadCodes with HeadDims, NoTail, or a model with a Matryoshka head
	// that is not known to be weak (embedder.Spec.WeakHead), and for embeddings of less
	// than 128 dimensions; otherwise it is FullCodes.
	Codes Codes

	// anyModel opens the collection without an embedder, whatever its model is.
	anyModel bool
}

// Graph says when the graph of a collection is built.
type Graph string

// The choices of Graph.
const (
	// GraphAuto builds the graph in the background when it can make searches faster: when
	// the collection is too large for a fast scan (with 384 dimensions from 300,000
	// documents on) and has received 256 different questions, by which it is known whether
	// a graph finds what they ask for. Or when it is asked for: at the first query with an
	// EfSearch or Oversampling, and from the first document on if the collection has one of
	// these. A database that is opened read-only builds none.
	// docs/decisions/0180-deferred-graph.md has the reasons.
	GraphAuto Graph = "auto"
	// GraphAlways builds the graph from the first document on: each write adds to it.
	GraphAlways Graph = index.GraphAlways
)

// Codes is what is kept of embeddings in memory, beside the sketches.
type Codes string

// The codes.
const (
	CodesDefault Codes = ""
	// HeadCodes are a byte for each of the first HeadDims dimensions, which the graph
	// searches, and a byte for each of the others, which refine what it proposes.
	HeadCodes Codes = "head"
	// FullCodes are four bits for each of all dimensions: half of the memory of
	// HeadCodes. They rank nearly as the embeddings do, whether or not their heads say
	// much: docs/decisions/0138-full-codes-where-they-are-better.md.
	FullCodes Codes = "full"
)

// fullFrom is the number of dimensions from which on FullCodes are the default: few
// dimensions of four bits say little.
const fullFrom = 128

// full reports whether a new collection with settings s has FullCodes.
func (o *CollectionOptions) full(s *index.Settings) (bool, error) {
	switch o.Codes {
	case CodesDefault:
		head := s.HeadDims < s.Dims && (s.Spec == nil || !s.Spec.WeakHead || o.HeadDims != 0)
		return !head && !s.NoTail && s.Dims >= fullFrom, nil
	case HeadCodes, FullCodes:
		return o.Codes == FullCodes, nil
	}
	return false, reason.For(nil, "{Codes} is %q; want %s or %s", string(o.Codes), HeadCodes, FullCodes)
}

// check returns an error if there is no such choice.
func (g Graph) check() error {
	switch g {
	case "", GraphAuto, GraphAlways:
		return nil
	}
	return reason.For(nil, "{Graph} is %q; want %s or %s", string(g), GraphAuto, GraphAlways)
}

const (
	defaultM              = 16
	defaultEfConstruction = 200
	maxDims               = 4096
)

// create returns the settings of a new collection.
func (o *CollectionOptions) create(l *Limits) (index.Settings, error) {
	s := index.Settings{
		Dims: o.Dims, HeadDims: o.HeadDims,
		M:              cmp.Or(o.M, defaultM),
		EfConstruction: cmp.Or(o.EfConstruction, defaultEfConstruction),
		EfSearch:       o.EfSearch,
		Oversampling:   o.Oversampling,
		NoTail:         o.NoTail,
		Graph:          string(o.Graph),
	}
	faults := []error{o.Graph.check()}
	if o.Embedder != nil && o.Precomputed {
		faults = append(faults, reason.For(nil, "{Precomputed} and {Embedder} exclude each other"))
	}
	if o.Embedder != nil {
		spec := o.Embedder.Spec()
		faults = append(faults, spec.Validate())
		s.Spec = &spec
		if s.Dims != 0 && s.Dims != spec.Dims {
			faults = append(faults, reason.For(nil, "{Dims} is %d, the model has %d", s.Dims, spec.Dims))
		}
		s.Dims = spec.Dims
		s.HeadDims = cmp.Or(s.HeadDims, spec.HeadDims)
	}
	if s.Dims == 0 {
		faults = append(faults, reason.For(nil, "{Dims} is 0; set it, or a model"))
	}
	s.HeadDims = cmp.Or(s.HeadDims, s.Dims)
	full, err := o.full(&s)
	s.Full, faults = full, append(faults, err)
	s.ChooseCodes = o.Codes == CodesDefault && o.HeadDims == 0 && !o.NoTail && s.HeadDims < s.Dims && s.Dims >= fullFrom
	for _, f := range []struct {
		name       reason.Field
		n, lo, max int
	}{
		{"Dims", s.Dims, 0, maxDims},
		{"HeadDims", s.HeadDims, 0, s.Dims},
		{"M", s.M, 2, 128},
		{"EfConstruction", s.EfConstruction, 8, 4096},
		{"EfSearch", s.EfSearch, 0, l.EfSearch},
		{"Oversampling", s.Oversampling, 0, l.Oversampling},
	} {
		if f.n < f.lo || f.n > f.max {
			faults = append(faults, reason.For(nil, "%s is %d, want %d to %d", f.name, f.n, f.lo, f.max))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return s, reason.For(ErrInvalidOptions, "%v", err)
	}
	return s, nil
}

// open checks o against the settings of an existing collection, and applies the
// settings that may change from one opening to the next.
func (o *CollectionOptions) open(s *index.Settings, l *Limits) error {
	if o.Embedder != nil {
		if err := sameModel(s, o.Embedder.Spec()); err != nil {
			return err
		}
	}
	var faults []error
	for _, f := range []struct {
		name     reason.Field
		want, is int
	}{
		{"Dims", o.Dims, s.Dims},
		{"HeadDims", o.HeadDims, s.HeadDims},
		{"M", o.M, s.M},
		{"EfConstruction", o.EfConstruction, s.EfConstruction},
	} {
		if f.want != 0 && f.want != f.is {
			faults = append(faults, reason.For(nil, "%s is %d, the collection was created with %d", f.name, f.want, f.is))
		}
	}
	if err := o.Graph.check(); err != nil {
		faults = append(faults, err)
	}
	s.Graph = cmp.Or(string(o.Graph), s.Graph)
	s.EfSearch = cmp.Or(o.EfSearch, s.EfSearch)
	s.Oversampling = cmp.Or(o.Oversampling, s.Oversampling)
	if s.EfSearch < 0 || s.EfSearch > l.EfSearch {
		faults = append(faults, reason.For(nil, "{EfSearch} is %d, want 0 to %d", s.EfSearch, l.EfSearch))
	}
	if s.Oversampling < 0 || s.Oversampling > l.Oversampling {
		faults = append(faults, reason.For(nil, "{Oversampling} is %d, want 0 to %d", s.Oversampling, l.Oversampling))
	}
	if o.Codes != CodesDefault && (o.Codes == FullCodes) != s.Full {
		faults = append(faults, reason.For(nil, "{Codes} is %q, the collection was created with others", o.Codes))
	}
	if o.NoTail && !s.NoTail {
		faults = append(faults, reason.For(nil, "{NoTail} is set, the collection was created without it"))
	}
	if err := errors.Join(faults...); err != nil {
		return reason.For(ErrInvalidOptions, "%v", err)
	}
	return nil
}

// revised returns a model's name with its revision, if it has one.
func revised(s *embedder.Spec) string {
	if s.Revision == "" {
		return s.Model
	}
	return s.Model + "@" + s.Revision
}

// sameModel compares fingerprints: a collection must not be searched with the
// vectors of another model.
func sameModel(s *index.Settings, spec embedder.Spec) error {
	if s.Spec == nil {
		if spec.Dims != s.Dims {
			return reason.For(ErrModelMismatch, "the collection holds precomputed embeddings of %d dimensions, %s has %d",
				s.Dims, spec.Model, spec.Dims)
		}
		return nil
	}
	if was, is := s.Spec.Fingerprint(), spec.Fingerprint(); was != is {
		return reason.For(ErrModelMismatch, "the collection was filled with %s (fingerprint %.12s), this is %s (%.12s); to change its model, reembed it",
			revised(s.Spec), was, revised(&spec), is)
	}
	return nil
}
