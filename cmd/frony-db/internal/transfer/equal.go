package transfer

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/fronyai/frony-db/db"
)

// near is how far components of equal embeddings may be from each other: a vector of few
// dimensions that is normalised again may change its last bit.
const near = 1e-6

// equal reports whether two documents are the same, but for the time when they were
// written.
func equal(a, b *db.Document) bool {
	return a.ID == b.ID && a.Text == b.Text && a.Title == b.Title && a.Source == b.Source && a.Chunk == b.Chunk &&
		a.Expires.Equal(b.Expires) && (len(a.Metadata)+len(b.Metadata) == 0 || reflect.DeepEqual(a.Metadata, b.Metadata)) &&
		slices.EqualFunc(a.Embedding, b.Embedding, func(x, y float32) bool { return math.Abs(float64(x)-float64(y)) <= near })
}

// sampled is how many documents are compared at the end, if not all are.
const sampled = 1000

// sample holds some of the ids that it was given, each with the same chance.
type sample struct {
	rng *rand.Rand
	ids []string
	n   int
}

func (s *sample) add(id string) {
	if s.n++; len(s.ids) < sampled {
		s.ids = append(s.ids, id)
	} else if i := s.rng.IntN(s.n); i < sampled {
		s.ids[i] = id
	}
}
