package source

import (
	"errors"
	"fmt"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	tables "github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/fronyai/frony-db/db/chunk"
)

// toMarkdown keeps the headings, lists and tables of a page, and leaves out its scripts.
var toMarkdown = converter.NewConverter(converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), tables.NewTablePlugin()))

// readHTML makes a record of HTML one of Markdown, with the page's title.
func readHTML(rec *Record) error {
	page, err := html.Parse(strings.NewReader(rec.Text))
	if err != nil {
		return fmt.Errorf("not HTML: %w", err)
	}
	for n := range page.Descendants() {
		if n.DataAtom == atom.Title && n.Namespace == "" && n.FirstChild != nil {
			rec.Title = strings.Join(strings.Fields(n.FirstChild.Data), " ")
			break
		}
	}
	text, err := toMarkdown.ConvertNode(page)
	if err != nil {
		return fmt.Errorf("the HTML can't be read: %w", err)
	}
	if len(strings.TrimSpace(string(text))) == 0 {
		return errors.New("the page has no text")
	}
	rec.Format, rec.Text = Markdown, string(text)
	if rec.Title == "" {
		rec.Title = chunk.Title(rec.Text)
	}
	return nil
}
