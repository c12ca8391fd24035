package main

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
	_ "github.com/fronyai/frony-db/engine/opensearch" // for --engine
	_ "github.com/fronyai/frony-db/engine/postgres"
)

// ownFlags are the flags of serve that are about the embedded database alone.
var ownFlags = []string{"db", "recall-sample", "no-questions", "check-rate", "cache-bytes", "backup-dir"}

// checkEngine refuses an engine together with flags of the embedded database: they would
// be ignored.
func (a *app) checkEngine(s *serving) error {
	if s.engine == "" {
		return nil
	}
	if !strings.Contains(s.engine, "://") {
		return usage.Errorf("--engine %s is no URL, such as postgres://user@host/database or opensearch://host:9200; for a directory use --db", s.engine)
	}
	for _, name := range ownFlags {
		if a.from[name] == fromFlag {
			return usage.Errorf("--engine and --%s exclude each other: --%s is about a database in a directory", name, name)
		}
	}
	return nil
}

// openEngine opens the database that --engine names, with the model that --model names,
// else the one that all its collections were filled with, else the builtin.
func (a *app) openEngine(ctx context.Context, s *serving) (engine.DB, embedder.Embedder, error) {
	s.checkRate = 0 // self-queries are for our own graph
	o := db.Options{Logger: a.log, ReadOnly: s.opts.ReadOnly, AllowModelMismatch: true}
	var err error
	if a.models.Name == "" {
		o.Embedder, err = a.engineModel(ctx, s, o)
	} else {
		o.Embedder, err = a.models.Open(ctx, a.models.Name)
	}
	if err != nil {
		return nil, nil, err
	}
	d, err := engine.Open(ctx, s.engine, &o)
	return d, o.Embedder, err
}

func (a *app) engineModel(ctx context.Context, s *serving, o db.Options) (embedder.Embedder, error) {
	d, err := engine.Open(ctx, s.engine, &o)
	if err != nil {
		return nil, err
	}
	specs := map[string]embedder.Spec{}
	for info, e := range d.Collections(ctx) {
		if err = cmp.Or(err, e); info.Model != nil {
			specs[info.Model.Fingerprint()] = *info.Model
		}
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	return a.modelOf(ctx, specs)
}

// modelOf opens the model of collections, or the builtin if they have none or several.
func (a *app) modelOf(ctx context.Context, specs map[string]embedder.Spec) (embedder.Embedder, error) {
	if len(specs) == 1 {
		for _, s := range specs {
			return a.models.For(ctx, &s)
		}
	}
	if len(specs) > 1 {
		a.log.Warn("the collections have different models; only those of the builtin model can be searched by meaning, the others by words; choose another with --model", "models", len(specs))
	}
	return a.models.Open(ctx, models.Builtin)
}

// withoutPassword is a URL as it may be shown.
func withoutPassword(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "the engine"
	}
	return u.Redacted()
}
