package disk

import "sync/atomic"

// Step is a step of writing a file, or the store.
type Step string

// The steps that a disk may fail at.
const (
	Create Step = "create"
	Write  Step = "write"
	Sync   Step = "sync"
	Rename Step = "rename"
	Commit Step = "commit" // of the store in a directory
)

// fault is what a test has put in the way of steps, or nil.
var fault atomic.Pointer[func(step Step, path string) error]

// Fail makes the steps fail for which f returns an error, until restore is called.
// It is for tests.
func Fail(f func(step Step, path string) error) (restore func()) {
	fault.Store(&f)
	return func() { fault.Store(nil) }
}

// Try says whether a step may be done: the files that are this module's own ask
// before each.
func Try(step Step, path string) error {
	if f := fault.Load(); f != nil {
		return (*f)(step, path)
	}
	return nil
}
