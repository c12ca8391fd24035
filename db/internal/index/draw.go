package index

import (
	"context"
	"math/rand/v2"

	"github.com/fronyai/frony-db/db/internal/store"
)

// Draw returns a random sample of up to n documents that have a text. It is the same
// sample each time, unless something is written.
func (r *Reader) Draw(ctx context.Context, n int) (drawn []*store.Record, err error) {
	seen := make(map[uint32]bool)
	bound := r.x.bound()
	rng := rand.New(rand.NewPCG(uint64(bound), uint64(r.x.id)))
	for try := 0; try < 20*n && len(drawn) < n && bound > 0; try++ {
		node := rng.Uint32N(bound)
		if seen[node] || !r.x.nodes.visible(node, r.seq) {
			continue
		}
		seen[node] = true
		rec, ok, err := r.view.Record(r.x.id, node, store.WithText)
		if err != nil {
			return nil, err
		}
		if ok && rec.Text != "" {
			drawn = append(drawn, rec)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return drawn, nil
}
