package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/quant"
)

// embeddingCache is an Embedder that keeps its embeddings in a file, so that measuring a
// set again, in other ways, does not embed it again. The file is a line with the model's
// fingerprint, and for each text its hash and its embedding.
type embeddingCache struct {
	embedder.Embedder
	f *os.File

	mu    sync.Mutex // guards the fields below
	known map[textHash][]float32
	w     *bufio.Writer
}

// textHash is of a text and its role.
type textHash [16]byte

func hashOf(role, text string) (h textHash) {
	sum := sha256.Sum256([]byte(role + "\x00" + text))
	copy(h[:], sum[:])
	return h
}

// openEmbeddingCache reads the embeddings of a file, which is made if there is none. A
// row that the end of an earlier run has cut off is dropped.
func openEmbeddingCache(path string, e embedder.Embedder) (*embeddingCache, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	c := &embeddingCache{Embedder: e, f: f, known: make(map[textHash][]float32), w: bufio.NewWriter(f)}
	if err := c.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return c, nil
}

func (c *embeddingCache) read() error {
	spec := c.Spec()
	head := "frony-db embeddings 1 " + spec.Fingerprint() + "\n"
	r := bufio.NewReaderSize(c.f, 1<<20)
	first, err := r.ReadString('\n')
	switch {
	case errors.Is(err, io.EOF) && first == "":
		_, err = c.w.WriteString(head)
		return err
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case first != head:
		return fmt.Errorf("no embeddings of %s; use another file for each model", spec.Model)
	}
	size := int64(len(head))
	row := make([]byte, len(textHash{})+4*spec.Dims)
	for {
		if _, err := io.ReadFull(r, row); err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		} else if err != nil {
			return err
		}
		size += int64(len(row))
		c.known[textHash(row)] = quant.AppendFloats(nil, row[len(textHash{}):])
	}
	if err := c.f.Truncate(size); err != nil {
		return err
	}
	_, err = c.f.Seek(size, io.SeekStart)
	return err
}

// Unwrap returns the Embedder whose embeddings are kept.
func (c *embeddingCache) Unwrap() embedder.Embedder { return c.Embedder }

func (c *embeddingCache) get(h textHash) []float32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]float32(nil), c.known[h]...)
}

func (c *embeddingCache) put(h textHash, vec []float32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[h] != nil {
		return nil
	}
	c.known[h] = append([]float32(nil), vec...)
	if _, err := c.w.Write(h[:]); err != nil {
		return err
	}
	_, err := c.w.Write(quant.Bytes(vec))
	return err
}

// EmbedPassages implements embedder.Embedder.
func (c *embeddingCache) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var missing []string
	var at []int
	for i, text := range texts {
		if out[i] = c.get(hashOf("passage", text)); out[i] == nil {
			missing, at = append(missing, text), append(at, i)
		}
	}
	if len(missing) == 0 {
		return out, ctx.Err()
	}
	vecs, err := c.Embedder.EmbedPassages(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i, vec := range vecs {
		if err := c.put(hashOf("passage", missing[i]), vec); err != nil {
			return nil, err
		}
		out[at[i]] = vec
	}
	return out, nil
}

// EmbedQuery implements embedder.Embedder.
func (c *embeddingCache) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	h := hashOf("query", text)
	if vec := c.get(h); vec != nil {
		return vec, ctx.Err()
	}
	vec, err := c.Embedder.EmbedQuery(ctx, text)
	if err != nil {
		return nil, err
	}
	return vec, c.put(h, vec)
}

// close writes what is not written yet.
func (c *embeddingCache) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.w.Flush(), c.f.Close())
}
