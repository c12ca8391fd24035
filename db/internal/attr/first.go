package attr

import "slices"

// first keeps the n first of what is added, by an order; all if n is 0.
type first[T any] struct {
	n     int
	order func(a, b T) int
	list  []T
	full  bool // list[n-1] is the last of n that are in order
	ties  []T  // others that are equal to it
}

func (f *first[T]) add(v T) {
	if f.full {
		c := f.order(v, f.list[f.n-1])
		if c == 0 {
			f.ties = append(f.ties, v)
		}
		if c >= 0 {
			return
		}
	}
	f.list = append(f.list, v)
	if f.n > 0 && len(f.list) >= 2*f.n+64 {
		f.cut()
	}
}

func (f *first[T]) cut() {
	var before T
	if f.full {
		before = f.list[f.n-1]
	}
	slices.SortFunc(f.list, f.order)
	if f.n == 0 || len(f.list) < f.n {
		return
	}
	last := f.list[f.n-1]
	if f.full && f.order(before, last) != 0 {
		f.ties = f.ties[:0]
	}
	for _, v := range f.list[f.n:] {
		if f.order(v, last) != 0 {
			break
		}
		f.ties = append(f.ties, v)
	}
	f.list, f.full = f.list[:f.n], true
}

// sorted is what is kept, in order.
func (f *first[T]) sorted() []T {
	f.cut()
	return f.list
}
