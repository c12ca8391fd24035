package purego

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
)

// chunkTokens is the number of tokens that are run together: enough rows to amortise
// reading the weights, few enough that their activations stay in the cache.
const chunkTokens = 512

// cut divides a batch into chunks of about equal work, longest texts first:
// as few as chunkTokens allows but, if there are enough texts, at least one per thread.
func cut(ids [][]int32, threads int) [][]int {
	order := make([]int, len(ids))
	total := 0
	for i, seq := range ids {
		order[i] = i
		total += len(seq)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(len(ids[b]), len(ids[a]))
	})
	limit := min(chunkTokens, (total+threads-1)/threads)
	var chunks [][]int
	tokens := limit
	for _, i := range order {
		if tokens+len(ids[i]) > limit {
			chunks, tokens = append(chunks, nil), 0
		}
		chunks[len(chunks)-1] = append(chunks[len(chunks)-1], i)
		tokens += len(ids[i])
	}
	return chunks
}

// each calls f for 0 … n-1 on at most threads goroutines, one of them the
// caller's, and returns the first error. After an error no new call starts.
func each(threads, n int, f func(i int) error) error {
	if threads = min(threads, n); threads <= 1 {
		for i := range n {
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}
	var (
		next  atomic.Int64
		once  sync.Once
		first error
		wg    sync.WaitGroup
	)
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			if err := f(i); err != nil {
				once.Do(func() { first = err })
				next.Store(int64(n))
			}
		}
	}
	for range threads - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return first
}
