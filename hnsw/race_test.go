//go:build race

package hnsw_test

// slow tells that the race detector is on: tests of quality, which have no
// races to find that the others don't, use fewer rows.
const slow = true
