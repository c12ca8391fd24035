//go:build native && cgo

package ort

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	onnx "github.com/yalue/onnxruntime_go"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// task is a graph in one role. It implements [engine.Engine].
type task struct {
	*session
	id int64
}

// session is an open graph.
type session struct {
	config engine.Config
	inputs []onnx.InputOutputInfo
	pooled bool // the output is one vector for each text

	mu  sync.RWMutex                 // held for reading during a run
	run *onnx.DynamicAdvancedSession // nil once closed; guarded by mu
}

// New opens an ONNX file and returns an engine for each role. They share the graph, and
// closing one closes both. From config it uses Hidden, Vocab, the positions, PadID and
// Pooling; the graph has the layers. It returns ErrLibrary or ErrGraph.
func New(path string, config engine.Config, opts *Options) (query, passage engine.Engine, err error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	s, err := open(path, config, o, false)
	if err != nil {
		return nil, nil, err
	}
	return task{s, QueryTask}, task{s, PassageTask}, nil
}

// open opens a graph. tokens asks for token vectors even if there are pooled ones.
func open(path string, config engine.Config, o Options, tokens bool) (*session, error) {
	if err := start(o.Library); err != nil {
		return nil, err
	}
	inputs, outputs, err := onnx.GetInputOutputInfo(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrGraph, err)
	}
	s := &session{config: config, inputs: inputs}
	var names []string
	for _, in := range inputs {
		if !slices.Contains([]string{"input_ids", "attention_mask", "token_type_ids", "task_id"}, in.Name) {
			return nil, fmt.Errorf("%s: %w: input %q", path, ErrGraph, in.Name)
		}
		if in.DataType != onnx.TensorElementDataTypeInt64 {
			return nil, fmt.Errorf("%s: %w: input %s is %s, want int64", path, ErrGraph, in.Name, in.DataType)
		}
		names = append(names, in.Name)
	}
	output, err := s.output(outputs, tokens)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	settings, err := sessionOptions(o.Threads)
	if err != nil {
		return nil, err
	}
	s.run, err = onnx.NewDynamicAdvancedSession(path, names, []string{output}, settings)
	if err := errors.Join(err, settings.Destroy()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// output selects the output to ask for: pooled vectors by their usual name, or else token
// vectors.
func (s *session) output(outputs []onnx.InputOutputInfo, tokens bool) (string, error) {
	var names []string
	for _, out := range outputs {
		if !tokens && out.Name == "sentence_embedding" && len(out.Dimensions) == 2 {
			s.pooled = true
			return out.Name, nil
		}
		names = append(names, fmt.Sprintf("%s %v", out.Name, out.Dimensions))
	}
	for _, out := range outputs {
		if d := out.Dimensions; len(d) == 3 && (d[2] == int64(s.config.Hidden) || d[2] < 0) {
			return out.Name, nil
		}
	}
	return "", fmt.Errorf("%w: outputs %s, want sentence_embedding or [batch, sequence, %d]", ErrGraph, strings.Join(names, ", "), s.config.Hidden)
}

func sessionOptions(threads int) (*onnx.SessionOptions, error) {
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	o, err := onnx.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(
		o.SetIntraOpNumThreads(threads),
		o.SetInterOpNumThreads(1),
		o.SetGraphOptimizationLevel(onnx.GraphOptimizationLevelEnableAll),
		// Spinning threads would take the cores from those who have work.
		o.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
	); err != nil {
		return nil, errors.Join(err, o.Destroy())
	}
	return o, nil
}

// The library is loaded once for the process.
var library struct {
	sync.Mutex
	path string
}

func start(given string) error {
	library.Lock()
	defer library.Unlock()
	if library.path != "" {
		if given != "" && given != library.path {
			return fmt.Errorf("%w: %s is loaded already, and a process has one", ErrLibrary, library.path)
		}
		return nil
	}
	path, err := findLibrary(given)
	if err != nil {
		return err
	}
	onnx.SetSharedLibraryPath(path)
	if err := onnx.InitializeEnvironment(onnx.WithLogLevelError()); err != nil {
		return fmt.Errorf("%w: %s: %w: 1.24 or later is needed (make -C tools/native fetches it)", ErrLibrary, path, err)
	}
	library.path = path
	return nil
}

// Embed implements [engine.Engine].
func (s task) Embed(ctx context.Context, ids [][]int32, out [][]float32) error {
	if err := s.config.CheckCall(ids, out); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.run == nil {
		return ErrClosed
	}
	for _, rectangle := range rectangles(ids) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.rectangle(ctx, rectangle, ids, out); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// rectangle runs texts of like length.
func (s task) rectangle(ctx context.Context, texts []int, ids [][]int32, out [][]float32) (err error) {
	length := 0
	for _, i := range texts {
		length = max(length, len(ids[i]))
	}
	var values []onnx.Value
	results := []onnx.Value{nil}
	defer func() {
		for _, v := range append(values, results[0]) {
			if v != nil {
				err = errors.Join(err, v.Destroy())
			}
		}
	}()
	for _, in := range s.inputs {
		v, err := s.input(in, length, texts, ids)
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	if err := s.call(ctx, values, results); err != nil {
		return err
	}
	tensor, ok := results[0].(*onnx.Tensor[float32])
	want := len(texts) * s.config.Hidden
	if !s.pooled {
		want *= length
	}
	if !ok || len(tensor.GetData()) != want {
		return fmt.Errorf("%w: output of another type or shape than float32 of %d elements", ErrGraph, want)
	}
	for j, i := range texts {
		if s.pooled {
			copy(out[i], tensor.GetData()[j*s.config.Hidden:])
		} else {
			s.pool(out[i], tensor.GetData()[j*length*s.config.Hidden:], len(ids[i]))
		}
	}
	return nil
}

// call runs the graph, and stops it when ctx is cancelled.
func (s *session) call(ctx context.Context, inputs, outputs []onnx.Value) (err error) {
	run, err := onnx.NewRunOptions()
	if err != nil {
		return err
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = run.Terminate() // the run ends by itself otherwise
	})
	err = s.run.RunWithOptions(inputs, outputs, run)
	if !stop() {
		<-stopped // run must not be freed under it
	}
	err = errors.Join(err, run.Destroy())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// input makes one of the graph's inputs, of shape [texts, length]; a task is
// one number for all texts, or for each.
func (s task) input(in onnx.InputOutputInfo, length int, texts []int, ids [][]int32) (onnx.Value, error) {
	name := in.Name
	if name == "task_id" {
		switch d := in.Dimensions; {
		case len(d) == 0:
			return onnx.NewScalar(s.id)
		case d[0] < 0:
			return onnx.NewTensor(onnx.NewShape(int64(len(texts))), slices.Repeat([]int64{s.id}, len(texts)))
		}
		return onnx.NewTensor(onnx.NewShape(1), []int64{s.id})
	}
	data := make([]int64, len(texts)*length)
	for j, i := range texts {
		row := data[j*length : (j+1)*length]
		for x := range row {
			switch {
			case name == "input_ids" && x < len(ids[i]):
				row[x] = int64(ids[i][x])
			case name == "input_ids":
				row[x] = int64(s.config.PadID)
			case name == "attention_mask" && x < len(ids[i]):
				row[x] = 1
			}
		}
	}
	return onnx.NewTensor(onnx.NewShape(int64(len(texts)), int64(length)), data)
}

// pool makes one vector of a text's tokens.
func (s *session) pool(out, x []float32, tokens int) {
	hidden := s.config.Hidden
	copy(out, x[:hidden])
	if s.config.Pooling == engine.CLS {
		return
	}
	for t := 1; t < tokens; t++ {
		for i, v := range x[t*hidden : (t+1)*hidden] {
			out[i] += v
		}
	}
	for i := range out {
		out[i] /= float32(tokens)
	}
}

// Close implements [engine.Engine].
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	err := s.run.Destroy()
	s.run = nil
	return err
}
