package main

import (
	"context"
	"strings"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// several are the collections that --collection names with commas and *, which no name
// has; nil if it names one.
func (a *app) several() []string {
	if !strings.ContainsAny(a.collection, ",*") {
		return nil
	}
	return strings.FieldsFunc(a.collection, func(r rune) bool { return r == ',' || r == ' ' })
}

// searchAll searches several collections.
func (a *app) searchAll(ctx context.Context, patterns []string, q db.Query) (matches []db.Match, err error) {
	if a.server != "" {
		err = a.withServer(func(c *client.Client) error {
			matches, err = c.SearchAll(ctx, q, patterns...)
			return err
		})
		return matches, err
	}
	if a.engine != "" {
		err = a.withEngine(ctx, true, func(d engine.DB) error {
			matches, err = a.searchEngine(ctx, d, patterns, q)
			return err
		})
		return matches, err
	}
	err = a.opened(a.openToRead, func(d *db.DB) error {
		var open []*db.Collection
		seen := map[string]bool{}
		for _, pattern := range patterns {
			names, err := d.Select(ctx, pattern, nil)
			if err != nil {
				return err
			}
			for _, name := range names {
				if seen[name] {
					continue
				}
				seen[name] = true
				a.collection = name
				c, err := a.openCollection(ctx, d, true)
				if err != nil {
					return err
				}
				open = append(open, c)
			}
		}
		matches, err = db.SearchAll(ctx, q, open...)
		return err
	})
	return matches, err
}

// searchEngine searches several collections of an engine.
func (a *app) searchEngine(ctx context.Context, d engine.DB, patterns []string, q db.Query) ([]db.Match, error) {
	j, err := engine.As[engine.Joiner](d, "search of several collections")
	if err != nil {
		return nil, err
	}
	var open []engine.Collection
	seen := map[string]bool{}
	for _, pattern := range patterns {
		names, err := j.Select(ctx, pattern, nil)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			a.collection = name
			c, err := a.inEngine(ctx, d, true)
			if err != nil {
				return nil, err
			}
			open = append(open, c)
		}
	}
	return j.SearchAll(ctx, q, open...)
}
