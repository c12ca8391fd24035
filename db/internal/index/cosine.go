package index

import (
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// cosine is the score of a node by its full vector; q and the vector are of unit
// length. It reads the row, or, if that is missing or damaged, the store, and
// writes the row again.
func (x *Index) cosine(v *store.View, q []float32, node uint32) (float32, bool, error) {
	if x.gathered != nil {
		return clamp(quant.Dot(q, x.gathered[node])), true, nil
	}
	if row, ok := x.rows.Get(node); ok {
		return clamp(quant.DotBytes(q, row)), true, nil
	}
	got, ok, err := v.Vector(nil, x.id, node)
	if err != nil || !ok || !x.sound(got) {
		return 0, false, err
	}
	if err := x.rows.Put(node, quant.Bytes(got)); err != nil {
		x.log.Warn("vector row not cached", "err", err)
	}
	return clamp(quant.Dot(q, got)), true, nil
}

// clamp limits a cosine, which rounding may bring outside [-1, 1].
func clamp(x float32) float32 { return max(-1, min(1, x)) }
