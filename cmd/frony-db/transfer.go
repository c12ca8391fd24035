package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/transfer"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// transferring holds the flags of copy.
type transferring struct {
	from, to               string
	fromKeyFile, toKeyFile string
	as                     string
	merge                  bool
	verify                 string
	seed                   uint64
}

func (a *app) transfer() *cobra.Command {
	var t transferring
	c := &cobra.Command{
		Use:   "copy --from DATABASE --to DATABASE",
		Short: "Copy collections to another database, with their embeddings",
		Long: `copy copies collections from one database to another: a directory, the URL of a server
(http://HOST:7700) or that of an engine (postgres://HOST/DATABASE,
opensearch://HOST:9200). Nothing is embedded again, so the collection there has the same
model; it is created if it does not exist. All collections are copied, or those that
--collection names.

What is there and equal is left alone: the same command completes a copy that was
interrupted. A collection that has other documents is refused, unless --merge is given.

At the end both sides are compared: the numbers of documents, a sample of them (all
with --verify all), and what both find for sampled embeddings. If they differ, the exit
code is 1. Documents that change meanwhile differ; run the command again.

The key of a server is --key, --key-file or FRONYDB_KEY, and --from-key-file or
--to-key-file if both sides are servers. FRONYDB_FROM and FRONYDB_TO keep a password off
the command line.`,
		Example: `  frony-db copy --from data --to postgres://user@db.example/app
  frony-db copy -c notes --from http://127.0.0.1:7700 --to data
  frony-db copy -c notes --as notes-2026 --from postgres://user@db.example/app --to data --verify all`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage.Errorf("copy takes no arguments, but got %q; name the databases with --from and --to", args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.checkTransfer(&t); err != nil {
				return err
			}
			return a.runTransfer(c.Context(), &t)
		},
	}
	f := c.Flags()
	f.StringVar(&t.from, "from", "", "database to copy from: a directory, or the URL of a server or an engine")
	f.StringVar(&t.to, "to", "", "database to copy to; a directory is created if it does not exist")
	f.StringVar(&t.fromKeyFile, "from-key-file", "", "file that holds the key of the server --from")
	f.StringVar(&t.toKeyFile, "to-key-file", "", "file that holds the key of the server --to")
	f.StringVar(&t.as, "as", "", "name of the collection there (default: the same)")
	f.BoolVar(&t.merge, "merge", false, "copy into a collection that has other documents; they stay")
	f.StringVar(&t.verify, "verify", "sample", "documents to compare at the end: sample or all")
	f.Uint64Var(&t.seed, "seed", 0, "seed of the sample (default: a random one)")
	return c
}

// takesTransfer reports whether a verb names its databases with --from and --to.
func takesTransfer(c *cobra.Command) bool { return c.Flags().Lookup("from-key-file") != nil }

func (a *app) checkTransfer(t *transferring) error {
	for _, name := range []string{"db", "server", "engine"} {
		if a.from[name] == fromFlag {
			return usage.Errorf("copy names its databases with --from and --to, not with --%s", name)
		}
	}
	switch {
	case t.from == "" || t.to == "":
		return usage.Errorf("copy needs two databases, --from and --to")
	case t.verify != "sample" && t.verify != "all":
		return usage.Errorf("--verify %q: want sample or all", t.verify)
	case t.as != "" && (a.from["collection"] == byDefault || a.several() != nil):
		return usage.Errorf("--as %s is the name of one collection; name that with --collection", t.as)
	case samePlace(t.from, t.to):
		return usage.Errorf("--from and --to are the same database; for a copy within one use 'frony-db collections copy'")
	}
	return nil
}

// samePlace reports whether two databases are one.
func samePlace(from, to string) bool {
	if strings.TrimSuffix(from, "/") == strings.TrimSuffix(to, "/") {
		return true
	}
	a, err := os.Stat(from)
	if err != nil {
		return false
	}
	b, err := os.Stat(to)
	return err == nil && os.SameFile(a, b)
}

func (a *app) runTransfer(ctx context.Context, t *transferring) (err error) {
	if t.seed == 0 {
		t.seed = rand.Uint64()
	}
	from, closeFrom, err := a.database(ctx, t.from, t.fromKeyFile, true)
	if err != nil {
		return fmt.Errorf("--from %s: %w", withoutPassword(t.from), err)
	}
	defer func() { err = errors.Join(err, closeFrom()) }()
	names, err := a.toTransfer(ctx, from)
	if err != nil {
		return err
	}
	to, closeTo, err := a.database(ctx, t.to, t.toKeyFile, false)
	if err != nil {
		return fmt.Errorf("--to %s: %w", withoutPassword(t.to), err)
	}
	defer func() { err = errors.Join(err, closeTo()) }() // a directory is on disk then
	var reports []transfer.Report
	failed := false
	for _, name := range names {
		began := time.Now()
		as := name
		if t.as != "" {
			as = t.as
		}
		o := &transfer.Options{Merge: t.merge, VerifyAll: t.verify == "all", Seed: t.seed, Progress: a.transferProgress()}
		r, err := transfer.Copy(ctx, from, to, name, as, o)
		if ctx.Err() != nil {
			fmt.Fprintln(a.err, "frony-db: documents copied so far are kept; run the same command to continue")
		}
		if err != nil {
			return fmt.Errorf("collection %q: %w", name, err)
		}
		reports, failed = append(reports, r), failed || len(r.Faults) > 0
		if !a.json {
			a.printTransfer(&r, time.Since(began))
		}
	}
	if a.json {
		if err := a.printJSON(map[string]any{"collections": reports, "seed": t.seed}); err != nil {
			return err
		}
	}
	if failed {
		return errors.New("the copy is not what was copied; if documents changed meanwhile, run the same command again")
	}
	return nil
}

// toTransfer are the names of the collections to copy.
func (a *app) toTransfer(ctx context.Context, from transfer.Database) ([]string, error) {
	patterns := a.several()
	switch {
	case a.from["collection"] == byDefault:
		patterns = []string{"*"}
	case patterns == nil:
		return []string{a.collection}, nil
	}
	var names []string
	for info, err := range from.Collections(ctx) {
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(patterns, func(p string) bool {
			begin, many := strings.CutSuffix(p, "*")
			return many && strings.HasPrefix(info.Name, begin) || info.Has(p)
		}) {
			names = append(names, info.Name)
		}
	}
	if names == nil {
		return nil, fmt.Errorf("%w: nothing to copy", db.ErrNoCollection)
	}
	return names, nil
}

// database opens a directory, a server or an engine's database, and returns how to close
// it.
func (a *app) database(ctx context.Context, name, keyFile string, toRead bool) (transfer.Database, func() error, error) {
	scheme, _, isURL := strings.Cut(name, "://")
	switch {
	case isURL && (scheme == "http" || scheme == "https"):
		server := *a
		server.server = name
		if keyFile != "" {
			server.key, server.keyFile = "", keyFile
		}
		c, err := server.client()
		return transfer.Server(c), func() error { return nil }, err
	case isURL:
		d, err := engine.Open(ctx, name, &db.Options{Logger: a.log, ReadOnly: toRead})
		if err != nil {
			return nil, nil, err
		}
		return transfer.Engine(d), d.Close, nil
	}
	local := *a
	local.dir = name
	open := func() (*db.DB, error) { return local.openWith(db.Options{SyncEvery: importSync}) }
	if toRead {
		open = local.openToRead
	}
	d, err := open()
	if err != nil {
		return nil, nil, err
	}
	return transfer.Engine(engine.Local(d)), d.Close, nil
}

func (a *app) transferProgress() func(string, int) (func(int), func()) {
	if a.quiet {
		return nil
	}
	return func(step string, total int) (func(int), func()) {
		bar := term.NewProgress(a.err, step, int64(total))
		return func(n int) { bar.Add(int64(n)) }, bar.Finish
	}
}

func (a *app) printTransfer(r *transfer.Report, took time.Duration) {
	for _, fault := range r.Faults {
		fmt.Fprintf(a.err, "frony-db: %s: %s\n", r.From, fault)
	}
	name := r.From
	if r.To != r.From {
		name += " as " + r.To
	}
	fmt.Fprintf(a.out, "%s: %s, %d copied, %d unchanged, in %s\n", name, term.Plural(int64(r.Documents), "document"), r.Copied, r.Unchanged, took.Round(time.Millisecond))
	if len(r.Faults) > 0 {
		return
	}
	found := ""
	switch {
	case r.Others > 0:
		found = fmt.Sprintf(", beside %s that were there", term.Plural(int64(r.Others), "document"))
	case r.Queries > 0:
		found = fmt.Sprintf(", overlap@10 over %d queries %.3f", r.Queries, r.Overlap)
	}
	fmt.Fprintf(a.out, "verified: %s compared%s\n", term.Plural(int64(r.Compared), "document"), found)
}
