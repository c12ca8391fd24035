package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/embedder"
)

// MaxQuestions is the most that Query.Queries may have.
const MaxQuestions = 32

// Question is one of several that a Query asks at once.
type Question struct {
	// Text, Embedding, Like and Unlike are as those of a Query.
	Text         string
	Embedding    []float32
	Like, Unlike []string
	// Weight is how much the question counts beside the others, at least 0. Zero means 1.
	Weight float32
}

// Fuse is a way to combine the results of several questions.
type Fuse uint8

// The ways to combine.
const (
	// FuseRank adds Weight / (60 + rank) for each question (reciprocal rank fusion). What
	// several questions find is first.
	FuseRank Fuse = iota
	// FuseBest takes the greatest of Weight × score. What one question finds with
	// certainty is first.
	FuseBest
)

var fuseNames = [...]string{"rank", "best"}

func (f Fuse) String() string {
	if int(f) < len(fuseNames) {
		return fuseNames[f]
	}
	return "invalid"
}

// MarshalText implements encoding.TextMarshaler.
func (f Fuse) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *Fuse) UnmarshalText(b []byte) error {
	for i, name := range fuseNames {
		if string(b) == name || len(b) == 0 {
			*f = Fuse(i)
			return nil
		}
	}
	return reason.For(ErrInvalidQuery, "fuse %q; want rank or best", b)
}

// alone is the query with one of its questions.
func (q *Query) alone(i int) Query {
	one, w := *q, &q.Queries[i]
	one.Text, one.Embedding, one.Like, one.Unlike, one.Queries = w.Text, w.Embedding, w.Like, w.Unlike, nil
	return one
}

// checkQuestions returns the first reason why Queries are invalid.
func (q *Query) checkQuestions(l *Limits) error {
	switch n := len(q.Queries); {
	case q.Text != "" || q.Embedding != nil || len(q.Like) > 0 || len(q.Unlike) > 0:
		return reason.For(ErrInvalidQuery, "there are {Queries}, and {Text}, {Embedding} or {Like} beside them; make that one of the {Queries}")
	case n > MaxQuestions:
		return reason.For(ErrInvalidQuery, "{Queries} has %d questions, at most %d", n, MaxQuestions)
	case q.Fuse > FuseBest:
		return reason.For(ErrInvalidQuery, "unknown fuse %d", q.Fuse)
	}
	common := *q // what is the same for all
	common.Text, common.Queries = "any", nil
	if err := common.check(l); err != nil {
		return err
	}
	texts, mode := 0, ModeDefault
	for i := range q.Queries {
		one := q.alone(i)
		if one.Text != "" {
			texts++
		} else {
			one.Highlight = false // of the words of the others
		}
		if w := q.Queries[i].Weight; w < 0 || w-w != 0 {
			return reason.For(ErrInvalidQuery, "{Queries}[%d]: {Weight} is %v, want 0 or more", i, w)
		}
		if err := one.check(l); err != nil {
			return ofQuestion(i, err)
		}
		if mode == ModeDefault {
			mode = one.mode()
		}
		if q.Fuse == FuseBest && one.mode() != mode {
			return reason.For(ErrInvalidQuery, "{Fuse} is best, which compares scores, and {Queries}[%d] is %s where others are %s; set {Mode}, or {Fuse} to rank", i, one.mode(), mode)
		}
	}
	if q.Highlight && texts == 0 {
		return reason.For(ErrInvalidQuery, "{Highlight} needs a text, whose words are marked")
	}
	return nil
}

// ofQuestion says which of Queries an error is about.
func ofQuestion(i int, err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Op == "" {
		return &Error{Input: e.Input, Err: reason.Within(e.Err, "{Queries}[%d]", i), Hint: e.Hint}
	}
	return reason.Within(err, "{Queries}[%d]", i)
}

// texts are the texts of the query, for their words.
func (q *Query) texts() string {
	if len(q.Queries) == 0 {
		return q.Text
	}
	var all []string
	for i := range q.Queries {
		all = append(all, q.Queries[i].Text)
	}
	return strings.Join(all, "\n")
}

// hasExamples reports whether the query names documents.
func (q *Query) hasExamples() bool {
	for i := range q.Queries {
		if len(q.Queries[i].Like)+len(q.Queries[i].Unlike) > 0 {
			return true
		}
	}
	return len(q.Like)+len(q.Unlike) > 0
}

// embeddedAll is what the index is asked for several questions: with K 0, nothing is to be
// found. Their texts are embedded at once.
func (v *version) embeddedAll(ctx context.Context, q *Query, t *Trace) (ask index.Query, err error) {
	if q.known == nil {
		with := *q // another version may be asked next, with another model
		q = &with
		q.known = map[string][]float32{}
		if err := v.embedTexts(ctx, q); err != nil {
			return ask, err
		}
	}
	var modes []Mode
	for i := range q.Queries {
		one, trace := q.alone(i), Trace{}
		trace.Mode = one.mode()
		part, err := v.embedded(ctx, &one, &trace)
		if err != nil {
			return ask, ofQuestion(i, err)
		}
		t.Embed += trace.Embed
		t.Warnings = append(t.Warnings, trace.Warnings...)
		if modes = append(modes, trace.Mode); trace.Mode != modes[0] {
			t.Mode = Hybrid
		} else if i == 0 {
			t.Mode = trace.Mode
		}
		if part.K == 0 {
			continue // the model knows nothing of it
		}
		weight := q.Queries[i].Weight
		if weight == 0 {
			weight = 1
		}
		all := slices.Concat(ask.Questions, []index.Question{{
			Text: part.Text, Vector: part.Vector, Parts: part.Parts, Unknown: part.Unknown, Weight: weight, Number: i,
		}})
		ask = part
		ask.Text, ask.Vector, ask.Parts, ask.Unknown, ask.Questions = "", nil, nil, false, all
	}
	ask.Best, ask.Own = q.Fuse == FuseBest, true
	return ask, nil
}

// embedTexts embeds the texts of several questions at once, into q.known. What it does not
// embed, embedded does, and tells what is wrong.
func (v *version) embedTexts(ctx context.Context, q *Query) error {
	e := v.embedder()
	if e == nil || v.outdated() != nil {
		return nil //nolint:nilerr // embedded tells it
	}
	var texts []string
	for i := range q.Queries {
		one := q.alone(i)
		text, _, _ := v.spell(&one)
		if text == "" || one.mode() == Lexical || slices.Contains(texts, text) || !embedder.Recognizes(e, text) {
			continue
		}
		texts = append(texts, text)
	}
	vecs, err := embedder.EmbedQueries(ctx, e, texts)
	switch {
	case err != nil:
		return fmt.Errorf("embed %d queries: %w", len(texts), err)
	case len(vecs) != len(texts):
		return fmt.Errorf("embed %d queries: the embedder returned %d vectors", len(texts), len(vecs))
	}
	for i, text := range texts {
		if q.known[text], err = normalised(vecs[i], v.Settings().Dims); err != nil {
			return fmt.Errorf("embed query: %w", err)
		}
	}
	return nil
}
