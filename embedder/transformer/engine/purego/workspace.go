package purego

// workspace is the memory for one chunk. Workspaces are reused; nothing in them outlives
// a run.
type workspace struct {
	x     []float32 // [tokens, hidden], the residual stream
	qkv   []float32 // [tokens, 3·hidden]
	mixed []float32 // [tokens, hidden], the heads' outputs side by side
	delta []float32 // [tokens, hidden], what a block adds to x
	inner []float32 // [innerRows, inner], within the feed-forward block

	codes []uint8   // a product's rows in bytes
	worth []float32 // value of one unit in each row
}

// innerRows is how many tokens go through the feed-forward block at a time, to
// bound its memory for long texts.
const innerRows = 1024

// grow sets the length of *s to n. The contents are undefined.
func grow[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	*s = (*s)[:n]
	return *s
}
