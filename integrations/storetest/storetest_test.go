package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// memory is a store that passes: documents in maps, compared one by one. Its fault, if
// any, is one that stores have.
type memory struct {
	fault  string
	e      embedder.Embedder
	mu     sync.Mutex
	spaces map[string]map[string]entry
}

type entry struct {
	doc    Document
	vector []float32
}

func (m *memory) Add(ctx context.Context, namespace string, docs []Document) ([]string, error) {
	if ctx.Err() != nil && m.fault != "ignores cancellation" {
		return nil, ctx.Err()
	}
	if m.fault == "one name space" {
		namespace = ""
	}
	ids, entries := []string{}, map[string]entry{}
	for i, d := range docs {
		metadata, err := json.Marshal(d.Metadata)
		if err != nil && m.fault != "any metadata" {
			return nil, err
		}
		if d.Text == "" && m.fault != "empty texts" {
			return nil, errors.New("no text")
		}
		switch given := d.ID; {
		case m.fault == "own ids" || given == "" && m.fault == "random ids":
			d.ID = fmt.Sprintf("%p", &docs[i])
		case given == "":
			d.ID = d.Text + string(metadata)
		default:
			if _, twice := entries[given]; twice && m.fault != "duplicates" {
				return nil, errors.New("twice")
			}
		}
		if m.fault == "strings only" {
			d.Metadata = map[string]any{"year": fmt.Sprint(d.Metadata["year"]), "lang": d.Metadata["lang"]}
		}
		v, err := m.e.EmbedPassages(context.WithoutCancel(ctx), []string{d.Text})
		if err != nil {
			return nil, err
		}
		entries[d.ID] = entry{d, v[0]}
		ids = append(ids, d.ID)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spaces[namespace] == nil {
		m.spaces[namespace] = map[string]entry{}
	}
	for id, e := range entries {
		if m.fault == "keeps old metadata" {
			old := maps.Clone(m.spaces[namespace][id].doc.Metadata)
			if old != nil {
				maps.Copy(old, e.doc.Metadata)
				e.doc.Metadata = old
			}
		}
		m.spaces[namespace][id] = e
		if m.fault == "loses half" && len(entries) > 1000 && len(m.spaces[namespace]) > 600 {
			break
		}
	}
	return ids, nil
}

func (m *memory) Search(ctx context.Context, s Search) ([]Document, error) {
	if ctx.Err() != nil && m.fault != "ignores cancellation" {
		return nil, ctx.Err()
	}
	if s.Query == "" && m.fault != "empty questions" || s.K < 1 {
		return nil, errors.New("no question")
	}
	if s.Filter != nil && s.Filter != "ko 2024" && m.fault != "any filter" {
		return nil, errors.New("unknown filter")
	}
	if m.fault == "one name space" {
		s.Namespace = ""
	}
	q, err := m.e.EmbedQuery(context.WithoutCancel(ctx), s.Query)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Document
	for _, e := range m.spaces[s.Namespace] {
		e.doc.Score = 0
		for i := range q {
			e.doc.Score += float64(q[i] * e.vector[i])
		}
		if m.fault == "distances" {
			e.doc.Score = 1 - e.doc.Score
		}
		if s.Filter == nil || m.fault == "filters after" || matches(e.doc) {
			out = append(out, e.doc)
		}
	}
	if m.fault != "no order" {
		slices.SortFunc(out, func(a, b Document) int { return cmp.Compare(b.Score, a.Score) })
	}
	if m.fault == "one more" {
		s.K++
	}
	out = out[:min(len(out), s.K)]
	return slices.DeleteFunc(out, func(d Document) bool {
		return s.Threshold != nil && d.Score < *s.Threshold && m.fault != "no threshold" || s.Filter != nil && !matches(d)
	}), nil
}

func matches(d Document) bool {
	year, _ := d.Metadata["year"].(int)
	return d.Metadata["lang"] == "ko" && year >= 2024
}

func (m *memory) Delete(_ context.Context, namespace string, ids []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		if _, there := m.spaces[namespace][id]; !there && m.fault == "strict deletes" {
			return errors.New("not found")
		}
		delete(m.spaces[namespace], id)
	}
	return nil
}

func suite(fault string) Suite {
	e := builtin.New()
	return Suite{
		Open:    func(*testing.T) Store { return &memory{fault: fault, e: e, spaces: map[string]map[string]entry{}} },
		Filters: map[string]any{"words": "ko 2024"},
		Refused: map[string]any{"words": "en"},
	}
}

func TestRun(t *testing.T) { Run(t, suite("")) }

// TestFaults checks that each fault is noticed, by the check that is about it.
func TestFaults(t *testing.T) {
	noticed := map[string]bool{"Concurrent": true} // memory's lock is what it needs, and the race detector what notices
	for fault, by := range map[string]string{
		"no order": "Meaning", "strings only": "Metadata", "own ids": "IDs", "random ids": "DerivedIDs",
		"keeps old metadata": "Replace", "strict deletes": "Delete", "one name space": "NameSpaces",
		"empty texts": "Mistakes", "duplicates": "Mistakes", "any metadata": "Mistakes", "empty questions": "Mistakes",
		"any filter": "RefusedFilters", "filters after": "Filters", "distances": "Thresholds", "no threshold": "Thresholds",
		"one more": "K", "ignores cancellation": "Cancelled", "loses half": "Many",
	} {
		s := suite(fault)
		i := slices.IndexFunc(checks, func(c check) bool { return c.name == by })
		if err := checks[i].run(t.Context(), &s, s.Open(t)); err == nil {
			t.Errorf("%s does not notice: %s", by, fault)
		}
		noticed[by] = true
	}
	for _, c := range checks {
		if !noticed[c.name] {
			t.Errorf("no fault is noticed by %s", c.name)
		}
	}
}
