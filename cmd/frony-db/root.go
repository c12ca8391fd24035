package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

// The exit codes.
const (
	exitOK      = 0
	exitError   = 1 // nothing, or not all, was done; the message says what
	exitUsage   = 2 // the command line is wrong
	exitRejects = 3 // done, but some records were not taken
)

// app is what the verbs share.
type app struct {
	in       io.Reader
	out, err io.Writer

	config     string
	dir        string
	collection string
	model      string
	json       bool
	quiet      bool
	logLevel   string

	modelFlags
	models map[string]embedder.Embedder // opened; closed at the end

	log *slog.Logger
}

// usageError is a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errRejects says that a command did its work but left records out. It has
// reported them itself.
var errRejects = errors.New("some records were rejected")

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	a := &app{in: in, out: out, err: errOut}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	a.closeModels()
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errRejects):
		return exitRejects
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errOut, "frony-db: interrupted; what was acknowledged is kept, and the same command goes on")
		return exitError
	}
	fmt.Fprintf(errOut, "frony-db: %v\n", err)
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintln(errOut, "Run 'frony-db --help' for usage.")
		return exitUsage
	}
	return exitError
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "frony-db",
		Short: "An embedded vector database for Korean and English text",
		Long: `frony-db stores text with its embeddings and finds it by meaning.

Start with:   frony-db quickstart

Settings come from flags, then from variables (FRONYDB_DB for --db,
FRONYDB_LOG_LEVEL for --log-level, …), then from a YAML file with the flags'
names as keys: --config, FRONYDB_CONFIG, or frony-db.yaml in this folder.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := configure(c, a.config); err != nil {
				return err
			}
			return a.startLog()
		},
	}
	f := root.PersistentFlags()
	f.StringVar(&a.config, "config", "", "YAML file with settings")
	f.StringVar(&a.dir, "db", "frony-data", "directory of the database")
	f.StringVarP(&a.collection, "collection", "c", "default", "collection")
	f.StringVar(&a.model, "model", "", "embedding model: builtin, none, a directory, OWNER/NAME of the hub, or PROVIDER:MODEL\n(default: the collection's own, builtin for a new one); see 'frony-db model --help'")
	a.registerModel(f)
	f.BoolVar(&a.json, "json", false, "print JSON")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress")
	f.StringVar(&a.logLevel, "log-level", "warn", "debug, info, warn or error")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		a.quickstart(),
		a.importCmd(),
		a.modelCmd(),
		a.search(),
		a.get(),
		a.delete(),
		a.collections(),
		a.stats(),
		a.eval(),
		a.embed(),
		a.serve(),
		a.mcp(),
		a.version(),
		a.selftest(),
		a.doctor(),
		a.backup(),
		a.compact(),
		a.reembed(),
		a.restore(),
		a.export(),
	)
	usageOfArgs(root)
	return root
}

// usageOfArgs makes wrong arguments a wrong command line, for every verb.
func usageOfArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if _, ok := errors.AsType[usageError](err); err == nil || ok {
				return err
			}
			return usageError{err}
		}
	}
	for _, verb := range c.Commands() {
		usageOfArgs(verb)
	}
}

func (a *app) startLog() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return usageError{fmt.Errorf("--log-level %q: want debug, info, warn or error", a.logLevel)}
	}
	a.log = slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
	return nil
}

// open opens the database; a command that only reads it wants it to exist.
func (a *app) open(mustExist bool) (*db.DB, error) {
	d, err := db.Open(a.dir, &db.Options{Logger: a.log, MustExist: mustExist, Progress: a.progress()})
	if errors.Is(err, db.ErrNotDatabase) && mustExist {
		return nil, fmt.Errorf("%w; name a database with --db, or make one with 'frony-db import' or 'frony-db quickstart'", err)
	}
	return d, err
}

// progress shows what a call of the library does on its own.
func (a *app) progress() func(string, int, int) {
	if a.quiet {
		return nil
	}
	var bar *term.Progress
	last := 0
	return func(task string, done, total int) {
		if bar == nil {
			bar, last = term.NewProgress(a.err, task, int64(total)), 0
		}
		bar.Add(int64(done - last))
		if last = done; done >= total {
			bar.Finish()
			bar = nil
		}
	}
}

// openCollection opens a collection that exists, with its model if the command
// embeds anything.
func (a *app) openCollection(ctx context.Context, d *db.DB, embeds bool) (*db.Collection, error) {
	o := &db.CollectionOptions{MustExist: true}
	if embeds {
		info, err := a.describe(ctx, d)
		if err != nil {
			return nil, err
		}
		if o.Embedder, err = a.embedderFor(ctx, info.Model); err != nil {
			return nil, err
		}
	}
	c, err := d.Collection(ctx, a.collection, o)
	if errors.Is(err, db.ErrNoCollection) {
		return nil, a.noCollection(ctx, d, err)
	}
	return c, err
}

func (a *app) describe(ctx context.Context, d *db.DB) (db.CollectionInfo, error) {
	for info, err := range d.Collections(ctx) {
		if err != nil || info.Name == a.collection {
			return info, err
		}
	}
	return db.CollectionInfo{}, a.noCollection(ctx, d, fmt.Errorf("collection %q: %w", a.collection, db.ErrNoCollection))
}

// noCollection says which collections there are.
func (a *app) noCollection(ctx context.Context, d *db.DB, cause error) error {
	var names []string
	for info, err := range d.Collections(ctx) {
		if err == nil {
			names = append(names, info.Name)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%w; the database has no collections yet, 'frony-db import' makes one", cause)
	}
	return fmt.Errorf("%w; choose one with --collection: %q", cause, names)
}
