package db

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/store"
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

// surround sets the Context of the results. What was only read for this is dropped.
func (q *Query) surround(ctx context.Context, r *index.Reader, out []Match) error {
	for i := range out {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := &out[i]
		if m.Document.Text != "" {
			p, err := q.passage(r, &m.Document)
			if err != nil {
				return err
			}
			m.Context = p
		}
		if !q.wantsText() && !q.excerpts() {
			m.Document.Text = ""
		}
	}
	return nil
}

// passage reads the neighbours of a chunk, as far as they are where Chunks puts them,
// without a gap, and in the scope.
func (q *Query) passage(r *index.Reader, d *Document) (*Passage, error) {
	own, err := q.neighbour(r, d, d.Chunk)
	if err != nil {
		return nil, err
	}
	p := &Passage{First: d.Chunk, Last: d.Chunk}
	if own == nil { // no chunk of Chunks
		p.Text = d.Text
		return p, nil
	}
	all := []*Document{own}
	for p.First > max(0, d.Chunk-q.Context) {
		before, err := q.neighbour(r, d, p.First-1)
		if err != nil {
			return nil, err
		}
		if before == nil {
			break
		}
		all = append([]*Document{before}, all...)
		p.First--
	}
	for p.Last < d.Chunk+q.Context {
		after, err := q.neighbour(r, d, p.Last+1)
		if err != nil {
			return nil, err
		}
		if after == nil {
			break
		}
		all = append(all, after)
		p.Last++
	}
	p.Text = joined(all)
	return p, nil
}

// neighbour reads a chunk of the document that d is one of; nil if there is none.
func (q *Query) neighbour(r *index.Reader, d *Document, chunk int) (*Document, error) {
	if d.Source == "" {
		return nil, nil
	}
	node, ok, err := r.Node(fmt.Sprintf("%s#%d", d.Source, chunk))
	if err == nil && ok && q.scope != nil {
		ok, err = r.Within(*q.scope, node)
	}
	if err != nil || !ok {
		return nil, err
	}
	rec, ok, err := r.Record(node, store.WithText|store.WithMetadata)
	if err != nil || !ok || rec.Source != d.Source || rec.Chunk != chunk {
		return nil, err
	}
	out := fromRecord(rec)
	return &out, nil
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
