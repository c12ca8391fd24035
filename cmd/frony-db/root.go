package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

// The exit codes.
const (
	exitOK      = 0
	exitError   = 1 // failure: the message says why
	exitUsage   = 2 // wrong usage
	exitRejects = 3 // done, but some records were rejected
	exitDamaged = 4 // done, but some documents of the database are damaged
)

// app is what the verbs share.
type app struct {
	in       io.Reader
	out, err io.Writer

	config string
	dir    string
	engine string // its URL; empty means none
	serverFlags
	collection string
	json       bool
	quiet      bool
	logLevel   string

	precomputed bool // the flag; chooseModel settles what it means
	models      models.Opener

	from        map[string]origin // where each setting comes from
	formerNames map[string]string // former names that were used, and the new ones
	log         *slog.Logger
}

// errRejects is returned by a command that did its work but rejected records. It
// has reported them itself.
var errRejects = errors.New("some records were rejected")

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	printed := &checkedWriter{w: out}
	a := &app{in: in, out: printed, err: errOut}
	root := a.root()
	root.SetArgs(args)
	verb, err := root.ExecuteContextC(ctx)
	a.models.Close()
	if err == nil || errors.Is(err, errRejects) {
		err = cmp.Or(printed.failed, err) // output that was not written is a failure
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errRejects):
		return exitRejects
	case errors.Is(err, db.ErrDamaged):
		fmt.Fprintf(errOut, "frony-db: %s\n", message(verb, err))
		return exitDamaged
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errOut, "frony-db: interrupted")
		return exitError
	}
	fmt.Fprintf(errOut, "frony-db: %s\n", message(verb, err))
	if isUsage(err) {
		fmt.Fprintf(errOut, "Run '%s --help' for usage.\n", verb.CommandPath())
		return exitUsage
	}
	return exitError
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "frony-db",
		Short: "An embedded vector database for Korean and English text",
		Long: `frony-db stores text with its embeddings and finds it by meaning and by words.

Start with:   frony-db quickstart

Settings come from flags, then from environment variables (FRONYDB_DB for --db,
FRONYDB_LOG_LEVEL for --log-level, …), then from a YAML file whose keys are the
names of the flags: --config, FRONYDB_CONFIG, or frony-db.yaml in this folder.

A database is a directory, --db. While 'frony-db serve' has it open, or if it is
on another machine, use the server: --server URL, or FRONYDB_SERVER and
FRONYDB_KEY. Collections in PostgreSQL or OpenSearch are used by --engine URL, or
FRONYDB_ENGINE.

Exit codes: 0 success; 1 failure (see the message); 2 wrong usage; 3 success, but
some records were rejected; 4 success, but some documents of the database are
damaged and were left out.`,
		Version:       buildVersion(), // --version
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := a.configure(c); err != nil {
				return err
			}
			if err := a.startLog(); err != nil {
				return err
			}
			if err := cmp.Or(a.checkEngine(), a.chooseModel()); err != nil {
				return err
			}
			a.tellFormerNames()
			if takesTransfer(c) {
				return nil // it has two databases
			}
			return a.chooseTarget()
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	f := root.PersistentFlags()
	f.StringVar(&a.config, "config", "", "YAML file with settings")
	f.StringVar(&a.dir, "db", "frony-data", "directory of the database")
	a.registerEngine(f)
	a.registerServer(f)
	f.StringVarP(&a.collection, "collection", "c", "default", "collection")
	registerModel(&a.models, f)
	f.BoolVar(&a.precomputed, "precomputed", false, "use no model: embeddings come with the documents")
	f.BoolVar(&a.json, "json", false, "print JSON")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "show no progress")
	f.StringVar(&a.logLevel, "log-level", "warn", "debug, info, warn or error")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		a.importCmd(),
		a.search(),
		a.get(),
		a.list(),
		a.facets(),
		a.fields(),
		a.update(),
		a.delete(),
		a.collections(),
		a.stats(),
		a.embed(),
		a.export(),
		a.transfer(),
		a.notInEngine("doctor", a.doctor()),
		a.notInEngine("backup", a.backup()),
		a.notInEngine("compact", a.compact()),
		a.notInEngine("reembed", a.reembed()),
		a.restore(),
		a.tasks(),
		a.mcp(),
		a.modelCmd(),
		a.version(),
	)
	root.AddCommand(a.onlyHere(
		a.quickstart(),
		a.eval(),
		a.serve(),
		a.selftest(),
	)...)
	root.SetGlobalNormalizationFunc(a.newName)
	strict(root)
	a.completions(root)
	usageOfArgs(root)
	return root
}

func (a *app) startLog() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return usage.Errorf("--log-level %q: want debug, info, warn or error", a.logLevel)
	}
	a.logTo(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
	return nil
}

// logTo sets where log records go.
func (a *app) logTo(h slog.Handler) {
	a.log = slog.New(h)
	a.models.Log = a.log
}
