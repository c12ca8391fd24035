package main

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	_ "github.com/fronyai/frony-db/engine/opensearch" // for --engine
	_ "github.com/fronyai/frony-db/engine/postgres"
)

func (a *app) registerEngine(f *pflag.FlagSet) {
	f.StringVar(&a.engine, "engine", "", "engine's database to use instead of --db, such as postgres://USER@HOST/DATABASE or opensearch://HOST:9200; prefer FRONYDB_ENGINE for a URL with a password")
}

// checkEngine refuses what is no URL. Until 0.2 it may be the former meaning of the flag,
// which --model-engine has now.
func (a *app) checkEngine() error {
	switch {
	case a.engine == "go" || a.engine == "onnx":
		a.former("--engine "+a.engine, "--model-engine")
		if a.models.Options.Engine == "" {
			a.models.Options.Engine = a.engine
		}
		a.engine, a.from["engine"] = "", byDefault
	case a.engine != "" && !strings.Contains(a.engine, "://"):
		return usage.Errorf("--engine %s is no URL, such as postgres://user@host/database or opensearch://host:9200; for a directory use --db", a.engine)
	}
	return nil
}

// place is what a command works on, in words for messages.
func (a *app) place() string {
	switch {
	case a.server != "":
		return "the server " + a.address()
	case a.engine != "":
		return "the engine " + withoutPassword(a.engine)
	}
	return a.dir
}

// withEngine calls f with the database that --engine names. Only reading needs no right to
// write there.
func (a *app) withEngine(ctx context.Context, toRead bool, f func(engine.DB) error) (err error) {
	d, err := engine.Open(ctx, a.engine, &db.Options{Logger: a.log, ReadOnly: toRead, AllowModelMismatch: true})
	if err != nil {
		return err
	}
	defer func() {
		if err := d.Close(); err != nil {
			a.log.Error("closing the database", "err", err)
		}
	}()
	return f(d)
}

// engineDatabase is an engine's database. What it does not do is ErrUnsupported.
type engineDatabase struct{ engine.DB }

func (d engineDatabase) namer(op string) (engine.Namer, error) {
	return engine.As[engine.Namer](d.DB, op)
}

func (d engineDatabase) Rename(ctx context.Context, from, to string) error {
	n, err := d.namer("rename")
	if err != nil {
		return err
	}
	return n.Rename(ctx, from, to)
}

func (d engineDatabase) SetAlias(ctx context.Context, alias, collection string) (string, error) {
	n, err := d.namer("alias")
	if err != nil {
		return "", err
	}
	return n.SetAlias(ctx, alias, collection)
}

func (d engineDatabase) DropAlias(ctx context.Context, alias string) error {
	n, err := d.namer("alias")
	if err != nil {
		return err
	}
	return n.DropAlias(ctx, alias)
}

func (d engineDatabase) Aliases(ctx context.Context) ([]db.Alias, error) {
	n, err := d.namer("alias")
	if err != nil {
		return nil, err
	}
	return n.Aliases(ctx)
}

// engineCollection is a collection of an engine.
type engineCollection struct{ engine.Collection }

func (c engineCollection) Stats(context.Context) (db.Stats, error) { return c.Collection.Stats() }

// inEngine opens an existing collection of an engine, with its model if the command embeds
// anything.
func (a *app) inEngine(ctx context.Context, d engine.DB, embeds bool) (engine.Collection, error) {
	o := &db.CollectionOptions{MustExist: true}
	if embeds {
		info, err := a.describe(ctx, engineDatabase{d})
		if err != nil {
			return nil, err
		}
		if o.Embedder, err = a.models.For(ctx, info.Model); err != nil {
			return nil, err
		}
	}
	c, err := d.Collection(ctx, a.collection, o)
	if errors.Is(err, db.ErrNoCollection) {
		err = a.noCollection(ctx, engineDatabase{d})
	}
	return c, err
}

// notInEngine makes verbs, and those below them, refuse an engine, which leaves what they
// do to its own programs. op is the engine's name for it.
func (a *app) notInEngine(op string, v *cobra.Command) *cobra.Command {
	for _, below := range v.Commands() {
		a.notInEngine(op, below)
	}
	v.PreRunE = func(c *cobra.Command, _ []string) error {
		if a.engine == "" {
			return nil
		}
		return a.withEngine(c.Context(), true, func(d engine.DB) error { return unsupported(d, op) })
	}
	return v
}

// unsupported is the error for what an engine does not do, and says what does.
func unsupported(d engine.DB, op string) error {
	e := &db.Error{Op: op, Err: engine.ErrUnsupported}
	if d, ok := d.(engine.Delegator); ok {
		e.Hint = d.Instead(op)
	}
	return e
}

// withoutPassword is a URL as it may be shown.
func withoutPassword(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "the engine"
	}
	return u.Redacted()
}
