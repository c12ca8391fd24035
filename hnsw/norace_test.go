//go:build !race

package hnsw_test

const slow = false
