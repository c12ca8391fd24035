package ort

import "errors"

// Options are the engine's choices. The zero value is the default.
type Options struct {
	// Library is the path of ONNX Runtime's shared library; empty is the first
	// that is found. One process uses one library.
	Library string
	// Threads is how many cores one call uses at most; 0 is all of them.
	Threads int
}

// The task_id of each role, for a graph that asks for one: those of jina v3,
// retrieval.query and retrieval.passage.
const (
	QueryTask   = 0
	PassageTask = 1
)

var (
	// ErrNotBuilt is returned by New in a program that was built without the
	// tag native or without cgo.
	ErrNotBuilt = errors.New("this program was built without ONNX Runtime (build it with cgo and -tags native)")

	// ErrLibrary is returned when ONNX Runtime's library isn't found, or is too
	// old; the error says what was searched.
	ErrLibrary = errors.New("no usable ONNX Runtime library")

	// ErrClosed is returned by an engine that was closed.
	ErrClosed = errors.New("the engine is closed")

	// ErrGraph is returned for a graph whose inputs or outputs are not an
	// encoder's.
	ErrGraph = errors.New("unsupported ONNX graph")
)
