package disk

import "sync/atomic"

// Step is a step in writing a file or the store.
type Step string

// The steps that can fail.
const (
	Create Step = "create"
	Write  Step = "write"
	Sync   Step = "sync"
	Rename Step = "rename"
	Commit Step = "commit" // of the store in a directory
)

// fault makes steps fail in a test, or is nil.
var fault atomic.Pointer[func(step Step, path string) error]

// Fail makes those steps fail for which f returns an error, until restore is called. It is
// for tests.
func Fail(f func(step Step, path string) error) (restore func()) {
	fault.Store(&f)
	return func() { fault.Store(nil) }
}

// Try returns the error that a test has injected for a step. Code that writes this module's
// own files calls it before each step.
func Try(step Step, path string) error {
	if f := fault.Load(); f != nil {
		return (*f)(step, path)
	}
	return nil
}
