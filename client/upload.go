package client

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"sync"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
)

// newID is the id of a document: 128 random bits in 26 characters.
func newID() string { return rand.Text() }

// Uploaded is the answer to one document of an upload.
type Uploaded struct {
	N   int    // number of the document, from 0
	ID  string // set if it was written
	Err error  // set if it was refused: an *Error, or why it was not sent
}

// Upload streams documents to the server, which inserts or replaces them and answers
// each as soon as it is written durably. A refused document does not stop the others.
// The server reads no faster than it writes, so the stream may be endless.
//
// If the stream breaks, the last pair has an error. What was answered is written, and
// the whole stream can be sent again, because an upsert may be repeated; for that,
// documents should have ids of their own.
func (c *Collection) Upload(ctx context.Context, docs iter.Seq[db.Document]) iter.Seq2[Uploaded, error] {
	return c.uploaded(ctx, nil, docs)
}

// UploadChunks is Upload, but stores documents in chunks as UpsertChunks does. Each
// document is answered once, under its own id.
func (c *Collection) UploadChunks(ctx context.Context, o chunk.Options, docs iter.Seq[db.Document]) iter.Seq2[Uploaded, error] {
	cut, err := api.FromChunkOptions(o)
	if err != nil {
		return func(yield func(Uploaded, error) bool) { yield(Uploaded{}, &db.Error{Op: "upload chunks", Err: err}) }
	}
	return c.uploaded(ctx, cut.Values(), docs)
}

func (c *Collection) uploaded(ctx context.Context, q url.Values, docs iter.Seq[db.Document]) iter.Seq2[Uploaded, error] {
	return func(yield func(Uploaded, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		r, w := io.Pipe()
		defer func() { _ = r.Close() }() // ends the sending if the reading ended
		var unsent refusals
		go func() { _ = w.CloseWithError(unsent.send(w, docs)) }()
		if err := c.upload(ctx, q, r, unsent.told(yield)); err != nil {
			yield(Uploaded{}, err)
		}
	}
}

// refusals are the documents of an upload that were not sent, by their numbers.
type refusals struct{ by sync.Map }

// send sends documents. One that can't be sent has a line that the server refuses, so
// that the lines keep their numbers.
func (f *refusals) send(w io.Writer, docs iter.Seq[db.Document]) error {
	b := bufio.NewWriterSize(w, 64<<10)
	e := json.NewEncoder(b)
	n := 0
	for d := range docs {
		var line any = api.FromDocument(&d)
		if err := checkUTF8(line); err != nil {
			f.by.Store(n, err)
			line = 0
		}
		if err := e.Encode(line); err != nil {
			return err
		}
		n++
	}
	return b.Flush()
}

// told yields answers, with the reason of what was not sent.
func (f *refusals) told(yield func(Uploaded, error) bool) func(Uploaded, error) bool {
	return func(u Uploaded, err error) bool {
		if why, ok := f.by.Load(u.N); ok && err == nil {
			u.Err = why.(error)
		}
		return yield(u, err)
	}
}

// upload sends a body and yields its answers. It returns no error if yield stops it.
func (c *Collection) upload(ctx context.Context, q url.Values, body io.Reader, yield func(Uploaded, error) bool) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.c.base.String()+c.path()+"/documents/upload?"+q.Encode(), body)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	c.c.sign(req.Header)
	req.Header.Set("Content-Type", "application/x-ndjson")
	res, err := c.c.plain.Do(req)
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			return cause
		}
		return fmt.Errorf("client: upload: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return failure(res)
	}
	for d := json.NewDecoder(res.Body); ; {
		var line api.UploadLine
		err := d.Decode(&line)
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("client: upload: %w: the answer was cut off", io.ErrUnexpectedEOF)
		case err != nil:
			return fmt.Errorf("client: upload: %w", err)
		case line.Done && line.Error != nil:
			return newError(http.StatusOK, line.Error)
		case line.Done:
			return nil
		}
		u := Uploaded{N: line.Line - 1, ID: line.ID}
		if line.Error != nil {
			u.Err = newError(http.StatusOK, line.Error)
		}
		if !yield(u, nil) {
			return nil
		}
	}
}
