package index

import (
	"sync/atomic"

	"github.com/fronyai/frony-db/internal/frame"
	"github.com/fronyai/frony-db/quant"
)

// A sketch says in which directions a vector differs from a center, which the sketches
// of a new collection do not know yet. When it is known, or turns out to be another,
// or one bit a dimension does not suffice, all are drawn again, in the background.
// Meanwhile searches scan the old ones, and writers draw for both tables.
const (
	redrawBatch = 64   // nodes that are drawn while writers wait
	centerRows  = 4096 // vectors whose mean is the center
	// A mean of vectors without anything in common is about 0.
	centerMin  = 0.05 // square of its length, from which on it is worth subtracting
	centerMove = 0.02 // square of its distance from the former one
)

// redrawn are sketches that are being made.
type redrawn struct {
	table *quant.Sketches
	drawn []uint64 // a bit for each node that a writer has drawn already
}

// draw sets the sketch of a node.
func (c *codes) draw(node uint32, vec []float32) {
	c.drawing.RLock()
	defer c.drawing.RUnlock()
	c.sketches.Load().Set(node, vec)
	if n := c.next; n != nil {
		n.table.Set(node, vec)
		if int(node/64) < len(n.drawn) {
			atomic.OrUint64(&n.drawn[node/64], 1<<(node%64))
		}
	}
}

// redraw makes sketches of so many bits a dimension and around a center, and has
// searches scan them from then on. It ends early, and changes nothing, if background work shall end.
func (x *Index) redraw(bits int, center []float32) error {
	c := x.codes
	table, err := quant.NewSketches(x.set.Dims, bits, center)
	if err != nil {
		return err
	}
	c.drawing.Lock()
	bound := x.bound() // all that comes after is drawn by its writer
	c.next = &redrawn{table, make([]uint64, (bound+63)/64)}
	c.drawing.Unlock()
	r := x.read()
	defer r.end()
	first := uint32(0)
	for ; first < bound && !x.halted(); first += redrawBatch {
		r.redrawSome(first, min(first+redrawBatch, bound))
	}
	c.drawing.Lock()
	defer c.drawing.Unlock()
	if c.next = nil; first >= bound {
		c.sketches.Store(table)
		x.saved.Store(0) // the newest snapshot has the old ones
	}
	return nil
}

// redrawSome draws the nodes from first to before end that no writer has drawn.
func (r *Reader) redrawSome(first, end uint32) {
	c := r.x.codes
	var vec []float32
	c.drawing.Lock()
	defer c.drawing.Unlock()
	for node := first; node < end; node++ {
		if c.next.drawn[node/64]>>(node%64)&1 != 0 {
			continue
		}
		if row, ok := r.x.rows.Get(node); ok {
			vec = quant.AppendFloats(vec[:0], row)
		} else if v, ok, err := r.Vector(node); err == nil && ok && r.x.sound(v) {
			vec = v
		} else {
			vec = append(vec[:0], make([]float32, r.x.set.Dims)...)
		}
		c.next.table.Set(node, vec)
	}
}

// recenter draws the sketches again if their center is not that of the vectors.
func (x *Index) recenter() error {
	mean := x.mean()
	was := x.codes.sketches.Load()
	if mean == nil || moved(was.Center(), mean) < centerMove {
		return nil
	}
	x.log.Debug("sketches are drawn again", "square of the center", quant.Dot(mean, mean))
	return x.redraw(was.Bits(), mean)
}

// kind tells sketches from others of the same collection: candidates that were
// measured with one kind mean nothing to another.
func (c *codes) kind() uint32 {
	table := c.sketches.Load()
	return frame.Sum(uint32(table.Bits()), quant.Bytes(table.Center()))
}

// mean is the mean of the vectors, or nil if they have nothing in common.
func (x *Index) mean() []float32 {
	r := x.read()
	defer r.end()
	mean := make([]float32, x.set.Dims)
	var vec []float32
	n, step := 0, max(1, x.bound()/centerRows)
	for node := uint32(0); node < x.bound(); node += step {
		row, ok := x.rows.Get(node)
		if !ok || !r.sees(node) {
			continue
		}
		vec = quant.AppendFloats(vec[:0], row)
		for i, v := range vec {
			mean[i] += v
		}
		n++
	}
	for i := range mean {
		mean[i] /= float32(max(1, n))
	}
	if quant.Dot(mean, mean) < centerMin {
		return nil
	}
	return mean
}

// moved is the square of the distance between two centers.
func moved(a, b []float32) (sum float32) {
	if a == nil {
		return quant.Dot(b, b)
	}
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return sum
}
