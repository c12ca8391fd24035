package db

import (
	"context"
	"fmt"
	"maps"

	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/embedder"
)

// Metadata of chunks, unless their document has fields of that name.
const (
	MetaHeading = "heading"     // []string, the headings above the chunk
	MetaStart   = "chunk_start" // int64, its first byte in the document's text
	MetaEnd     = "chunk_end"   // int64, the byte behind its last
	MetaTitle   = "title"       // string, of a Markdown document
)

// Chunks cuts documents into chunks that the collection's model can read, as
// UpsertChunks stores them.
//
// A chunk has its document's metadata and, in MetaHeading, MetaStart and MetaEnd,
// its place; the document's id is its Source, and the n-th has the id "ID#n". A
// document that fits into one chunk keeps its id. So does one with an Embedding,
// which chunks could not share, and one that is a piece of another Source already:
// these are left as they are. The front matter of Markdown becomes metadata, and
// its first heading the title, unless the document has fields of that name. A
// document without an id is given one.
//
// The zero options cut plain text at chunk.DefaultMaxTokens or what the model
// reads, whichever is less, in the model's own tokens if it counts them. It
// returns ErrInvalidOptions for chunks that are longer.
func (c *Collection) Chunks(o chunk.Options, docs ...Document) ([]Document, error) {
	o, err := c.chunking(o)
	if err != nil {
		return nil, wrap("chunk", "", err)
	}
	return cut(o, docs), nil
}

// Chunks is Collection.Chunks for a collection that is open elsewhere, such as
// at a server: its model can't be asked, so o.Count counts tokens, or they are
// estimated.
func (i CollectionInfo) Chunks(o chunk.Options, docs ...Document) ([]Document, error) {
	o, err := chunking(o, i.Model)
	if err != nil {
		return nil, wrap("chunk", "", err)
	}
	return cut(o, docs), nil
}

func cut(o chunk.Options, docs []Document) []Document {
	out := make([]Document, 0, len(docs))
	for _, d := range docs {
		out = appendChunks(out, d, o)
	}
	return out
}

// UpsertChunks stores documents in chunks, as Chunks cuts them, in place of what
// was stored of documents with these ids, whole or in chunks, all in one
// transaction. What has not changed is neither embedded nor written again.
// ReplaceSource with a document's id and nothing else deletes its chunks.
//
// Its errors are those of Upsert, and ErrInvalidOptions.
func (c *Collection) UpsertChunks(ctx context.Context, o chunk.Options, docs ...Document) (r Replaced, err error) {
	const op = "upsert chunks"
	err = c.inChunks(op, o, docs, func(pieces []Document, ids []string) error {
		r, err = c.replace(ctx, pieces, ids, ids)
		return wrap(op, "", err)
	})
	return r, err
}

// InsertChunks adds documents in chunks, as Chunks cuts them, all or none, and
// returns the ids of the chunks in order. It has no Replaced to return: all that
// it stores is new, and takes the place of nothing.
//
// It returns ErrExists, naming the ids, if one of the documents is there already,
// whole or in chunks: if any document has its id, or has it as its Source. Its
// other errors are those of UpsertChunks.
func (c *Collection) InsertChunks(ctx context.Context, o chunk.Options, docs ...Document) (ids []string, err error) {
	const op = "insert chunks"
	err = c.inChunks(op, o, docs, func(pieces []Document, sources []string) error {
		ids, err = c.insertSources(ctx, pieces, sources)
		return inserted(op, err)
	})
	return ids, err
}

// inChunks has write store the chunks of documents, whose ids it also gets.
func (c *Collection) inChunks(op string, o chunk.Options, docs []Document, write func(pieces []Document, ids []string) error) error {
	if err := c.enter(); err != nil {
		return wrap(op, "", err)
	}
	defer c.leave()
	return c.whole(func() error { // another model cuts otherwise
		o, err := c.chunking(o)
		if err != nil {
			return wrap(op, "", err)
		}
		ids := make([]string, len(docs))
		seen := make(map[string]bool, len(docs))
		var pieces []Document
		for i, d := range docs {
			if d.ID == "" {
				d.ID = newID()
			}
			if seen[d.ID] {
				return wrap(op, quoteIDs([]string{d.ID}), ErrDuplicateID)
			}
			seen[d.ID] = true
			ids[i] = d.ID
			pieces = appendChunks(pieces, d, o)
			if limit := c.db.opts.Limits.Batch; len(pieces) > limit {
				return &Error{
					Op: op, Input: fmt.Sprintf("%d documents", len(docs)),
					Err:  because(ErrBatchTooLarge, "they make more than %d chunks", limit),
					Hint: "send fewer at once, or cut them into longer chunks",
				}
			}
		}
		return write(pieces, ids)
	})
}

// chunking fills in what the collection's model decides.
func (c *Collection) chunking(o chunk.Options) (chunk.Options, error) {
	e := c.embed()
	if e == nil {
		return chunking(o, nil)
	}
	if o.Count == nil {
		o.Count = embedder.Counter(e)
	}
	spec := e.Spec()
	return chunking(o, &spec)
}

// chunking fills in what a model decides, if there is one.
func chunking(o chunk.Options, spec *embedder.Spec) (chunk.Options, error) {
	if err := o.Validate(); err != nil {
		return o, because(ErrInvalidOptions, "%v", err)
	}
	if spec == nil {
		return o, nil
	}
	if spec.MaxTokens > 0 {
		if o.MaxTokens > spec.MaxTokens {
			return o, because(ErrInvalidOptions, "chunks of %d tokens: the model %s reads %d at most", o.MaxTokens, spec.Model, spec.MaxTokens)
		}
		if o.MaxTokens == 0 {
			o.MaxTokens = min(chunk.DefaultMaxTokens, spec.MaxTokens)
		}
	}
	if o.Count != nil && o.MaxTokens > 0 {
		if n := o.Count(""); o.MaxTokens <= n {
			return o, because(ErrInvalidOptions, "chunks of %d tokens: the model %s needs %d for itself", o.MaxTokens, spec.Model, n)
		}
	}
	return o, nil
}

// appendChunks appends the chunks of a document to dst.
func appendChunks(dst []Document, d Document, o chunk.Options) []Document {
	if d.ID == "" {
		d.ID = newID()
	}
	if d.Embedding != nil || d.Source != "" && d.Source != d.ID {
		return append(dst, d)
	}
	d.Source = d.ID
	body := 0
	if o.Format == chunk.Markdown {
		body = d.readMarkdown()
	}
	pieces := chunk.Split(d.Text, o)
	if len(pieces) <= 1 {
		d.Text = d.Text[body:]
		return append(dst, d)
	}
	for _, p := range pieces {
		piece := d
		piece.ID, piece.Chunk, piece.Text = fmt.Sprintf("%s#%d", d.ID, p.Index), p.Index, p.Text
		piece.Metadata = Metadata{MetaStart: int64(p.Start), MetaEnd: int64(p.End)}
		if len(p.Heading) > 0 {
			piece.Metadata[MetaHeading] = p.Heading
		}
		maps.Copy(piece.Metadata, d.Metadata)
		dst = append(dst, piece)
	}
	return dst
}

// readMarkdown adds the front matter and the title of a Markdown document to its
// metadata, and returns where its text begins. What can't be read is text.
func (d *Document) readMarkdown() (body int) {
	meta, body, err := chunk.FrontMatter(d.Text)
	if err != nil {
		return 0
	}
	if _, ok := meta[MetaTitle]; !ok && d.Metadata[MetaTitle] == nil {
		if title := chunk.Title(d.Text); title != "" {
			if meta == nil {
				meta = map[string]any{}
			}
			meta[MetaTitle] = title
		}
	}
	if len(meta) > 0 {
		all := Metadata(meta)
		maps.Copy(all, d.Metadata)
		d.Metadata = all
	}
	return body
}
