package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// MaxContext is the most chunks on each side that Query.Context may ask for.
const MaxContext = 20

// A Passage is a chunk with its neighbours, as they follow each other in the document:
// what two chunks share is in Text once. The white space between two chunks is not
// stored; it is a line break, or a blank line if there was more of it.
type Passage struct {
	Text        string
	First, Last int // the chunks of Source that it is made of, from 0
}

// surround sets the Context of the results. read returns those of the documents with
// these ids that there are and that the query's collection may show, with text and
// metadata. Texts that were only read for this are dropped.
//
// Neighbours are where Chunks puts them. There are those without a gap.
func (q *Query) surround(out []Match, read func(ids []string) ([]Document, error)) error {
	type place struct {
		source string
		chunk  int
	}
	asked := make(map[place]bool)
	var ids []string
	for i := range out {
		d := &out[i].Document
		if d.Source == "" || d.Text == "" {
			continue
		}
		for n := max(0, d.Chunk-q.Context); n <= d.Chunk+q.Context; n++ {
			if p := (place{d.Source, n}); !asked[p] {
				asked[p] = true
				ids = append(ids, fmt.Sprintf("%s#%d", d.Source, n))
			}
		}
	}
	var docs []Document
	if len(ids) > 0 {
		var err error
		if docs, err = read(ids); err != nil {
			return err
		}
	}
	chunks := make(map[place]*Document, len(docs))
	for i := range docs {
		chunks[place{docs[i].Source, docs[i].Chunk}] = &docs[i]
	}
	for i := range out {
		d := &out[i].Document
		if d.Text != "" {
			p := &Passage{Text: d.Text, First: d.Chunk, Last: d.Chunk}
			if own := chunks[place{d.Source, d.Chunk}]; own != nil {
				all := []*Document{own}
				for ; p.First > d.Chunk-q.Context && chunks[place{d.Source, p.First - 1}] != nil; p.First-- {
					all = append(all, chunks[place{d.Source, p.First - 1}])
				}
				slices.Reverse(all)
				for ; p.Last < d.Chunk+q.Context && chunks[place{d.Source, p.Last + 1}] != nil; p.Last++ {
					all = append(all, chunks[place{d.Source, p.Last + 1}])
				}
				p.Text = joined(all)
			}
			out[i].Context = p
		}
		if !q.wantsText() && !q.excerpts() {
			d.Text = ""
		}
	}
	return nil
}

// reading reads documents in the query's scope, up to what is left of MaxBytes.
func (q *Query) reading(ctx context.Context, r *index.Reader, left *extras) func(ids []string) ([]Document, error) {
	return func(ids []string) ([]Document, error) {
		docs := make([]Document, 0, len(ids))
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			node, ok, err := r.Node(id)
			if err == nil && ok && q.scope != nil {
				ok, err = r.Within(*q.scope, node)
			}
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			d, ok, err := document(r, node, FieldsDefault)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if left.context -= int64(len(d.Text)); q.MaxBytes > 0 && left.context < 0 {
				return nil, &Error{Err: reason.For(ErrResultsTooLarge, "more than %d bytes of context", q.MaxBytes), Hint: "ask for fewer results, or for less context"}
			}
			docs = append(docs, d)
		}
		return docs, nil
	}
}

// joined joins chunks that follow each other.
func joined(chunks []*Document) string {
	var b strings.Builder
	last := 0 // where what is written ends in the document, or 0 if that isn't known
	for i, c := range chunks {
		body, from, to, ok := place(c)
		switch {
		case i == 0:
			b.WriteString(c.Text)
		case !ok || last == 0 || from > last+1:
			b.WriteString("\n\n" + c.Text[len(c.Text)-len(body):])
		case from == last+1:
			b.WriteString("\n" + body)
		case to > last && strings.HasSuffix(b.String(), body[:last-from]):
			b.WriteString(body[last-from:])
		default:
			b.WriteString("\n\n" + body) // the fields say something else than the texts
		}
		last = 0
		if ok {
			last = to
		}
	}
	return b.String()
}

// place returns where a chunk stands in its document, and its text without the header of
// a table that it repeats; or all of its text if the document's own fields have taken the
// place of those that say it.
func place(c *Document) (body string, from, to int, ok bool) {
	start, ok1 := c.Metadata[MetaStart].(int64)
	end, ok2 := c.Metadata[MetaEnd].(int64)
	n := int(end - start)
	if !ok1 || !ok2 || start < 0 || n <= 0 || n > len(c.Text) || !utf8.RuneStart(c.Text[len(c.Text)-n]) {
		return c.Text, 0, 0, false
	}
	return c.Text[len(c.Text)-n:], int(start), int(end), true
}
