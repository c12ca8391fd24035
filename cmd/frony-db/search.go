package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

func (a *app) search() *cobra.Command {
	var s searchFlags
	c := &cobra.Command{
		Use:   "search [QUERY]",
		Short: "Find documents by meaning, by words, or both",
		Long: `search finds documents of a collection. With commas or * in --collection it searches
several of one model, and the results are merged by score.`,
		Example: `  frony-db search "환불은 얼마나 걸리나요?" -k 5
  frony-db search "how long does a refund take" --filter 'lang = "ko" AND year >= 2020' --json
  frony-db search "환불은 얼마나 걸리나요?" -c 'faq,tenant-*'
  frony-db search --like note-1,note-2 --unlike note-7
  frony-db search "환불은 얼마나 걸리나요?" --also "how long does a refund take" --also "환불 기간"
  frony-db search "환불은 얼마나 걸리나요?" --snippet 200 --highlight`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && len(s.like) > 0 {
				return nil
			}
			return one("a query")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			q, err := a.searchQuery(&s, strings.Join(args, ""))
			if err != nil {
				return err
			}
			return a.runSearch(c, q)
		},
	}
	s.add(c.Flags())
	return c
}

// parseFilter parses a filter. An empty one matches all documents.
func parseFilter(s string) (filter.Expr, error) {
	if strings.TrimSpace(s) == "" {
		return filter.All(), nil
	}
	e, err := filter.Parse(s)
	if err != nil {
		return e, usage.Errorf("--filter: %w", withCaret(err))
	}
	return e, nil
}

func (a *app) runSearch(c *cobra.Command, q db.Query) error {
	var t db.Trace
	q.Trace = &t
	var matches []db.Match
	var err error
	if several := a.several(); several != nil {
		matches, err = a.searchAll(c.Context(), several, q)
	} else {
		err = a.withCollection(c.Context(), true, func(col collection) (err error) {
			matches, err = col.Search(c.Context(), q)
			return err
		})
	}
	switch {
	case errors.Is(err, db.ErrInvalidQuery):
		return usage.Wrap(err)
	case errors.Is(err, db.ErrNoEmbedder) && a.server == "":
		return fmt.Errorf("collection %q: %w; name the model of its embeddings with --model, or search by words with --mode lexical", a.collection, db.ErrNoEmbedder)
	case errors.Is(err, db.ErrNoEmbedder):
		return fmt.Errorf("collection %q: %w; search by words with --mode lexical", a.collection, db.ErrNoEmbedder)
	case err != nil:
		return err
	}
	if a.json {
		return a.printJSON(api.FromResult(matches, &t))
	}
	a.printWarnings(t.Warnings)
	if err := a.printMatches(matches); err != nil {
		return err
	}
	if !a.quiet {
		fmt.Fprintf(a.err, "%s in %s (%s, %s; embed %s, graph %s, lexical %s, rerank %d in %s)\n", term.Plural(int64(len(matches)), "result"),
			micros(t.Total), t.Mode, t.Plan, micros(t.Embed), micros(t.Graph), micros(t.Lexical), t.Candidates, micros(t.Rerank))
	}
	return nil
}

// titleWidth is how much of a title stands beside the text.
const titleWidth = 30

// printWarnings prints what is probably a mistake, such as one in a filter.
func (a *app) printWarnings(warnings []string) {
	for _, w := range warnings {
		fmt.Fprintf(a.err, "frony-db: %s\n", w)
	}
}

func micros(d time.Duration) string { return d.Round(time.Microsecond).String() }

func (a *app) printMatches(matches []db.Match) error {
	if slices.ContainsFunc(matches, func(m db.Match) bool { return m.Snippet != nil || m.Context != nil }) {
		return a.printSnippets(matches)
	}
	t := term.Table{Columns: []term.Column{
		{Title: "rank", Right: true}, {Title: "score", Right: true}, {Title: "id"}, {Title: "lang"},
	}}
	several := slices.ContainsFunc(matches, func(m db.Match) bool { return m.Collection != "" })
	if several {
		t.Columns = append(t.Columns, term.Column{Title: "collection"})
	}
	titled := slices.ContainsFunc(matches, func(m db.Match) bool { return m.Document.Title != "" })
	if titled {
		t.Columns = append(t.Columns, term.Column{Title: "title", Flex: true})
	}
	t.Columns = append(t.Columns, term.Column{Title: "text", Flex: true})
	for i, m := range matches {
		lang, _ := m.Document.Metadata["lang"].(string)
		row := []string{strconv.Itoa(i + 1), fmt.Sprintf("%.3f", m.Score), m.Document.ID, lang}
		if several {
			row = append(row, m.Collection)
		}
		if titled {
			row = append(row, term.Cut(m.Document.Title, titleWidth))
		}
		t.Rows = append(t.Rows, append(row, shown(&m)))
	}
	return t.Write(a.out)
}

// printSnippets prints each result's snippet in full, below its id.
func (a *app) printSnippets(matches []db.Match) error {
	style := term.NewStyle(a.out)
	var b strings.Builder
	for i := range matches {
		m := &matches[i]
		b.WriteString(style.Bold(term.Clean(fmt.Sprintf("%d. %s", i+1, m.Document.ID))))
		b.WriteString(style.Dim(fmt.Sprintf("  %.3f", m.Score)) + "\n")
		if text := shown(m); text != "" {
			b.WriteString("   " + term.Clean(strings.Join(strings.Fields(text), " ")) + "\n")
		}
	}
	_, err := a.out.Write([]byte(b.String()))
	return err
}

// shown is what of a result's text is shown: the snippet if there is one, with marked
// words in quotation marks that no keyboard types by accident.
func shown(m *db.Match) string {
	text, marks := m.Document.Text, m.Highlights
	switch {
	case m.Snippet == nil && m.Context != nil:
		text, marks = m.Context.Text, nil
	case m.Snippet != nil:
		text, marks = m.Snippet.Text, m.Snippet.Highlights
	}
	var b strings.Builder
	at := 0
	for _, s := range marks {
		b.WriteString(text[at:s.Start] + "«" + text[s.Start:s.End] + "»")
		at = s.End
	}
	return b.String() + text[at:]
}
