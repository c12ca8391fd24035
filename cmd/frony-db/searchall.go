package main

import (
	"context"
	"strings"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
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
