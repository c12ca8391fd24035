package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/importer"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/sample"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

const quickstartCollection = "quickstart"

func (a *app) quickstart() *cobra.Command {
	return &cobra.Command{
		Use:   "quickstart",
		Short: "Create a database of sample passages and ask it six questions",
		Long: `quickstart creates a database of 340 Korean and English sample passages and asks
it six questions. It downloads nothing. A second run keeps the passages.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runQuickstart(c) },
	}
}

func (a *app) runQuickstart(c *cobra.Command) error {
	ctx := c.Context()
	if a.from["collection"] == byDefault {
		a.collection = quickstartCollection
	}
	if !a.json {
		fmt.Fprintf(a.out, "database    %s\ncollection  %s\n", a.dir, a.collection)
	}
	d, err := a.open(false)
	if err != nil {
		return err
	}
	defer a.close(d)
	if err := a.importSample(ctx, d); err != nil {
		return err
	}
	col, err := a.openCollection(ctx, d, true)
	if err != nil {
		return err
	}
	s, err := col.Stats()
	if err != nil {
		return err
	}
	report := quickstartJSON{Database: a.dir, Collection: a.collection, Model: s.Model.Model, Passages: s.Documents}
	if !a.json {
		fmt.Fprintf(a.out, "model       %s\npassages    %d\n", report.Model, report.Passages)
	}
	for _, q := range sample.Queries() {
		where, err := parseFilter(q.Filter)
		if err != nil {
			return err
		}
		var t db.Trace
		matches, err := col.Search(ctx, db.Query{Text: q.Text, K: 3, Filter: where, Trace: &t})
		if err != nil {
			return err
		}
		report.Questions = append(report.Questions, answered{q.Text, q.Filter, api.FromResult(matches, &t)})
		if a.json {
			continue
		}
		if err := a.printAnswers(q, matches, t); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(report)
	}
	a.nextSteps()
	return nil
}

// importSample imports the sample passages.
func (a *app) importSample(ctx context.Context, d *db.DB) error {
	im, err := importer.New(ctx, []string{"-"}, importer.Options{
		Source: source.Options{Stdin: sample.JSONL()}, Rejects: "sample.rejects.jsonl", Label: "sample passages",
		Log: a.log, Messages: a.err, Quiet: a.quiet,
	})
	if err != nil {
		return err
	}
	defer func() { _ = im.Close() }() // only read from
	if err := im.Run(ctx, importer.Target{Collection: a.collection, DB: engine.Local(d), Models: &a.models}); err != nil {
		return err
	}
	if name := im.Report().RejectsFile; name != "" {
		return fmt.Errorf("some sample passages were rejected: see %s", name)
	}
	return nil
}

// quickstartJSON is what quickstart prints with --json.
type quickstartJSON struct {
	Database   string     `json:"database"`
	Collection string     `json:"collection"`
	Model      string     `json:"model"`
	Passages   int        `json:"passages"`
	Questions  []answered `json:"questions"`
}

type answered struct {
	Question string `json:"question"`
	Filter   string `json:"filter,omitempty"`
	api.Result
}

// printAnswers prints a query and its best results.
func (a *app) printAnswers(q sample.Query, matches []db.Match, t db.Trace) error {
	style := term.NewStyle(a.out)
	fmt.Fprintf(a.out, "\n%s\n", style.Bold(fmt.Sprintf("%s → %s  %s", q.From, q.To, q.Text)))
	if q.Filter != "" {
		fmt.Fprintf(a.out, "filter: %s\n", q.Filter)
	}
	if err := a.printMatches(matches); err != nil {
		return err
	}
	fmt.Fprintln(a.out, style.Dim(fmt.Sprintf("%s in total, %s of it embedding", micros(t.Total), micros(t.Embed))))
	return nil
}

func (a *app) nextSteps() {
	self := "frony-db"
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, "go-build") {
		self = "go run ./cmd/frony-db" // this is how the program was started
	}
	dir := a.dir
	if strings.ContainsAny(dir, " \t") {
		dir = `"` + dir + `"`
	}
	fmt.Fprintf(a.out, `
Try next:
  %[1]s search --db %[2]s -c %[3]s "김치찌개를 맛있게 끓이는 법" -k 5
  %[1]s search --db %[2]s -c %[3]s "volcano" --filter 'lang = "ko"' --json
  %[1]s import YOUR.jsonl --db %[2]s -c notes
  %[1]s stats --db %[2]s -c %[3]s
  %[1]s serve --db %[2]s
`, self, dir, a.collection)
}
