package ort

import "errors"

// Options configure the engine. The zero value is the default.
type Options struct {
	// Library is the path of ONNX Runtime's shared library. Empty means the first one
	// found. A process uses one library.
	Library string
	// Threads is the maximum number of cores per call; 0 means all.
	Threads int
}

// The task_id of each role, for a graph that has this input: those of jina v3,
// retrieval.query and retrieval.passage.
const (
	QueryTask   = 0
	PassageTask = 1
)

var (
	// ErrNotBuilt is returned by New in a program that was built without the
	// tag native or without cgo.
	ErrNotBuilt = errors.New("this program was built without ONNX Runtime (build it with cgo and -tags native)")

	// ErrLibrary is returned when ONNX Runtime's library is not found or too old. The
	// error lists the places searched.
	ErrLibrary = errors.New("no usable ONNX Runtime library")

	// ErrClosed is returned by an engine that has been closed.
	ErrClosed = errors.New("the engine is closed")

	// ErrGraph is returned for a graph whose inputs or outputs are not those of an
	// encoder.
	ErrGraph = errors.New("unsupported ONNX graph")
)
