package storetest

import (
	"context"
	"testing"
	"time"
)

// Store is what the tests need of a store.
type Store interface {
	// Add adds documents to a name space, which may not exist yet, and returns their ids
	// in order. The empty name space is the store's own. A document with the id of one that
	// is there replaces it.
	Add(ctx context.Context, namespace string, docs []Document) ([]string, error)
	// Search returns the documents nearest to a question, best first.
	Search(ctx context.Context, s Search) ([]Document, error)
	// Delete deletes documents by their ids. One that does not exist is no error.
	Delete(ctx context.Context, namespace string, ids []string) error
}

// Document is a document as the frameworks have it.
type Document struct {
	ID       string // may be empty for Add
	Text     string
	Metadata map[string]any // any JSON
	Score    float64        // of a result: the cosine, from -1 to 1
}

// Search says what to search for.
type Search struct {
	Namespace string
	Query     string
	K         int
	Filter    any      // nil for everything
	Threshold *float64 // the least score; nil for every score
}

// Suite says what to test.
type Suite struct {
	// Open returns an empty store. It is called for every test.
	Open func(t *testing.T) Store
	// Filters are ways to say that lang is "ko" and year at least 2024, by names for
	// the tests. Each is given to Search.
	Filters map[string]any
	// Refused are filters that must be errors.
	Refused map[string]any
}

// Run runs the tests.
func Run(t *testing.T, s Suite) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := c.run(ctx, &s, s.Open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// check is a test. It returns what is wrong.
type check struct {
	name string
	run  func(ctx context.Context, s *Suite, store Store) error
}

var checks = []check{
	{"Meaning", meaning},
	{"Metadata", metadata},
	{"IDs", ids},
	{"DerivedIDs", derivedIDs},
	{"Replace", replace},
	{"Delete", deletes},
	{"NameSpaces", nameSpaces},
	{"K", howMany},
	{"Filters", filters},
	{"RefusedFilters", refusedFilters},
	{"Thresholds", thresholds},
	{"Mistakes", mistakes},
	{"Cancelled", cancelled},
	{"Many", many},
	{"Concurrent", concurrent},
}
