package remote

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/fronyai/frony-db/embedder"
)

// Embedder embeds texts through a provider. It implements [embedder.Embedder]. All
// methods may be called concurrently.
type Embedder struct {
	options  Options
	protocol protocol
	spec     embedder.Spec
}

var _ embedder.Embedder = (*Embedder)(nil)

// Open checks the options and asks the server for its model, if the protocol allows.
// Without Options.Dims or Shorten it embeds one word to learn the length of the
// vectors. It returns ErrOptions, ErrKey, or the provider's error.
func Open(ctx context.Context, o Options) (*Embedder, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Embedder{options: o}
	e.protocol = newProtocol(newClient(o), &e.options)
	revision, err := e.protocol.describe(ctx, &e.options)
	if err != nil {
		return nil, err
	}
	o = e.options
	e.spec = embedder.Spec{
		Model: o.Model, Revision: revision, MaxTokens: o.MaxTokens, Pooling: "remote",
		QueryPrefix:   prompt(o.QueryPrompt) + o.QueryPrefix,
		PassagePrefix: prompt(o.PassagePrompt) + o.PassagePrefix,
		Dims:          cmp.Or(o.Shorten, o.Dims),
		Provider:      string(o.Provider),
		Address:       remembered(o.Provider, o.BaseURL),
	}
	if e.spec.Dims == 0 {
		v, err := e.protocol.embed(ctx, passage, []string{"dimensions"})
		if err != nil {
			return nil, err
		}
		if len(v) != 1 || len(v[0]) == 0 {
			return nil, fmt.Errorf("%s: %w: no vector for a text", o.Provider, ErrReply)
		}
		e.spec.Dims = len(v[0])
	}
	e.spec.HeadDims = min(cmp.Or(o.HeadDims, e.spec.Dims), e.spec.Dims)
	return e, e.spec.Validate()
}

// prompt is how a Spec records a prompt that the server puts before the text.
func prompt(name string) string {
	if name == "" {
		return ""
	}
	return "{prompt:" + name + "}"
}

// Spec implements [embedder.Embedder].
func (e *Embedder) Spec() embedder.Spec { return e.spec }

// EmbedPassages implements [embedder.Embedder].
func (e *Embedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, passage, e.options.PassagePrefix, texts)
}

// EmbedQuery implements [embedder.Embedder].
func (e *Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	v, err := e.embed(ctx, query, e.options.QueryPrefix, []string{text})
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

// EmbedQueries implements [embedder.QueryBatcher].
func (e *Embedder) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, query, e.options.QueryPrefix, texts)
}

// embed sends the batches, several at a time. The first failure cancels the rest.
func (e *Embedder) embed(ctx context.Context, r role, prefix string, texts []string) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	prepared := make([]string, len(texts))
	for i, text := range texts {
		// Providers reject the empty text; a space is closest to it.
		prepared[i] = cmp.Or(prefix+text, " ")
	}
	out := make([][]float32, len(texts))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	slots := make(chan struct{}, e.options.Parallel)
	for _, b := range batches(prepared, e.options.BatchTexts, e.options.BatchBytes) {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := e.request(ctx, r, prepared[b.begin:b.end], out[b.begin:b.end]); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return out, nil
}

// request embeds one batch and checks the reply.
func (e *Embedder) request(ctx context.Context, r role, texts []string, out [][]float32) error {
	vectors, err := e.protocol.embed(ctx, r, texts)
	if err != nil {
		return err
	}
	if len(vectors) != len(texts) {
		return fmt.Errorf("%s: %w: %d vectors for %d texts", e.options.Provider, ErrReply, len(vectors), len(texts))
	}
	for i, v := range vectors {
		if len(v) != e.spec.Dims {
			return fmt.Errorf("%s: %w: %s returned %d dimensions, want %d", e.options.Provider, ErrDims, e.options.model(r), len(v), e.spec.Dims)
		}
		if !embedder.Normalize(v) {
			return fmt.Errorf("%s: %w: a vector without a direction (zero or not finite)", e.options.Provider, ErrReply)
		}
		out[i] = v
	}
	return nil
}

type span struct{ begin, end int }

// batches splits texts into runs within both limits. A text that exceeds them alone is
// a batch of its own, for the provider to judge.
func batches(texts []string, count, bytes int) []span {
	var all []span
	size := 0
	for i, text := range texts {
		last := len(all) - 1
		if last < 0 || i-all[last].begin == count || size+len(text) > bytes {
			all, size = append(all, span{i, i}), 0
			last++
		}
		all[last].end = i + 1
		size += len(text)
	}
	return all
}
