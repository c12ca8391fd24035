package purego

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/engine/purego/internal/kernel"
)

// Options configure the engine. The zero value is the default.
type Options struct {
	// Threads is the maximum number of cores per call of Embed; 0 means GOMAXPROCS.
	Threads int
	// Kernel names the set of inner loops: "generic", "avx2", "avx512", "neon". Empty
	// means the fastest that the processor supports.
	Kernel string
	// Int8 stores the layers' weights as bytes and multiplies bytes. This takes a
	// quarter of the memory, is faster if the processor has AVX-512 VNNI or arm64's dot
	// product instructions, and slower otherwise, and makes vectors slightly different
	// from the model's. The products are exact, so processors differ only in the
	// rounding of the other steps.
	Int8 bool
}

// Engine is an encoder held in memory. It implements [engine.Engine].
type Engine struct {
	config  engine.Config
	set     *kernel.Set
	threads int
	int8    bool

	words     engine.Tensor
	positions []float32 // [positions, hidden], token type 0 added
	norm      norm
	layers    []layer

	workspaces sync.Pool // of *workspace
	heads      sync.Pool // of *headBuffers
	edges      sync.Pool // of *edge
}

var _ engine.Engine = (*Engine)(nil)

type norm struct{ weight, bias []float32 }

type layer struct {
	qkv, attentionOut, inner, outer *packed
	attentionNorm, outerNorm        norm
}

// New packs the weights of an encoder. It reads every tensor except the word embeddings,
// which are read as needed, so their source must stay open. It returns
// [engine.ErrConfig] when config is impossible or the weights do not fit it.
func New(config engine.Config, weights engine.Weights, opts *Options) (*Engine, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if err := weights.Check(config); err != nil {
		return nil, err
	}
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	set := kernel.All()[slices.Index(Kernels(), o.Kernel)]
	e := &Engine{config: config, set: set, threads: o.Threads, int8: o.Int8, words: weights.Words}
	e.workspaces.New = func() any { return new(workspace) }
	e.heads.New = func() any { return &headBuffers{zero: make([]float32, set.Cols)} }
	e.edges.New = func() any { return &edge{make([]float32, set.Rows*set.Cols)} }
	if err := e.load(weights); err != nil {
		return nil, err
	}
	return e, nil
}

// withDefaults returns a copy with the defaults filled in, and every fault at once.
func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	var faults []error
	c.Kernel = cmp.Or(c.Kernel, kernel.Best().Name)
	if !slices.Contains(Kernels(), c.Kernel) {
		faults = append(faults, fmt.Errorf("purego: kernel %q, this processor runs %q", c.Kernel, Kernels()))
	}
	if c.Threads < 0 {
		faults = append(faults, fmt.Errorf("purego: %d threads, want 0 (all cores) or more", c.Threads))
	}
	c.Threads = cmp.Or(c.Threads, runtime.GOMAXPROCS(0))
	return c, errors.Join(faults...)
}

// Kernel is the name of the set of inner loops in use.
func (e *Engine) Kernel() string { return e.set.Name }

// Embed implements [engine.Engine].
func (e *Engine) Embed(ctx context.Context, ids [][]int32, out [][]float32) error {
	if err := e.config.CheckCall(ids, out); err != nil {
		return err
	}
	chunks := cut(ids, e.threads)
	if len(chunks) >= e.threads {
		return each(e.threads, len(chunks), func(i int) error {
			return e.run(ctx, 1, chunks[i], ids, out)
		})
	}
	for _, chunk := range chunks {
		if err := e.run(ctx, e.threads, chunk, ids, out); err != nil {
			return err
		}
	}
	return nil
}

// run embeds one chunk, the sequences of ids that chunk names.
func (e *Engine) run(ctx context.Context, threads int, chunk []int, ids [][]int32, out [][]float32) error {
	ws := e.workspaces.Get().(*workspace)
	defer e.workspaces.Put(ws)
	p := &pass{Engine: e, threads: threads, ws: ws}
	return p.run(ctx, chunk, ids, out)
}

// Close releases the weights' memory to the garbage collector.
func (e *Engine) Close() error {
	e.layers, e.positions = nil, nil
	return nil
}

// Kernels names the sets of inner loops that this processor can run, the
// fastest last.
func Kernels() []string {
	var names []string
	for _, set := range kernel.All() {
		names = append(names, set.Name)
	}
	return names
}
