//go:build race

package hnsw_test

// slow is true under the race detector. Tests of quality then use fewer rows, or
// are skipped: they find no races that the others don't.
const slow = true
