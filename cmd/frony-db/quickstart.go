package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/sample"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
)

const quickstartCollection = "quickstart"

func (a *app) quickstart() *cobra.Command {
	return &cobra.Command{
		Use:   "quickstart",
		Short: "Make a database of sample passages and ask it six questions",
		Long: `Make a database of 340 Korean and English sample passages and ask it six
questions. Nothing is downloaded. Run twice, it finds the passages already there.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runQuickstart(c) },
	}
}

func (a *app) runQuickstart(c *cobra.Command) error {
	ctx := c.Context()
	if a.from["collection"] == byDefault {
		a.collection = quickstartCollection
	}
	fmt.Fprintf(a.out, "database    %s\ncollection  %s\n", a.dir, a.collection)
	d, err := a.open(false)
	if err != nil {
		return err
	}
	defer a.close(d)
	im := newImporter(a, importOptions{source: source.Options{Stdin: sample.JSONL()}})
	im.d = d
	r, err := im.openPaths(ctx, []string{"-"})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read from
	if err := im.run(ctx, "sample passages", r, "sample.rejects.jsonl"); err != nil {
		return err
	}
	if name := im.rj.written(); name != "" {
		return fmt.Errorf("sample passages were rejected: see %s", name)
	}
	s, err := im.col.Stats(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "model       %s\npassages    %d\n", s.Model.Model, s.Documents)
	for _, q := range sample.Queries() {
		if err := a.demonstrate(ctx, im.col, q); err != nil {
			return err
		}
	}
	a.nextSteps()
	return nil
}

// demonstrate asks one question and prints the three best answers.
func (a *app) demonstrate(ctx context.Context, col collection, q sample.Query) error {
	where, err := parseFilter(q.Filter)
	if err != nil {
		return err
	}
	var t db.Trace
	matches, err := col.Search(ctx, db.Query{Text: q.Text, K: 3, Filter: where, Trace: &t})
	if err != nil {
		return err
	}
	style := term.NewStyle(a.out)
	fmt.Fprintf(a.out, "\n%s\n", style.Bold(fmt.Sprintf("%s → %s  %s", q.From, q.To, q.Text)))
	if q.Filter != "" {
		fmt.Fprintf(a.out, "filter: %s\n", q.Filter)
	}
	table := term.Table{Columns: []term.Column{
		{Title: "rank", Right: true}, {Title: "score", Right: true}, {Title: "id"}, {Title: "lang"}, {Title: "text", Flex: true},
	}}
	for i, m := range matches {
		lang, _ := m.Document.Metadata["lang"].(string)
		table.Rows = append(table.Rows, []string{
			strconv.Itoa(i + 1), fmt.Sprintf("%.3f", m.Score), m.Document.ID, lang, m.Document.Text,
		})
	}
	if err := table.Write(a.out); err != nil {
		return err
	}
	fmt.Fprintln(a.out, style.Dim(fmt.Sprintf("%s in all, of it %s embedding", micros(t.Total), micros(t.Embed))))
	return nil
}

func (a *app) nextSteps() {
	self := "frony-db"
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, "go-build") {
		self = "go run ./cmd/frony-db" // that is how this program was started
	}
	fmt.Fprintf(a.out, `
Try next:
  %[1]s search --db %[2]s -c %[3]s "김치찌개를 맛있게 끓이는 법" -k 5
  %[1]s search --db %[2]s -c %[3]s "volcano" --filter 'lang = "ko"' --json
  %[1]s import YOUR.jsonl --db %[2]s -c notes
  %[1]s stats --db %[2]s -c %[3]s
  %[1]s serve --db %[2]s
`, self, a.dir, a.collection)
}
