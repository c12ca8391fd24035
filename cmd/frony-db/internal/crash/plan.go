package crash

import (
	"fmt"
	"math/rand/v2"

	"github.com/fronyai/frony-db/db"
)

const (
	writers    = 4
	perWriter  = 500 // ids per writer; above a thousand documents, searches use the graph
	dims       = 64
	headDims   = 32
	collection = "crash"
)

// Plan tells a child what to do. It is passed as JSON.
type Plan struct {
	Dir  string       `json:"dir"`
	Seed uint64       `json:"seed"`
	From [writers]int `json:"from"` // the first operation of each writer
}

// operation is one call: an upsert of ids, or a delete.
type operation struct {
	delete bool
	ids    []int
}

// operationOf is the n-th operation of writer w.
func operationOf(seed uint64, w, n int) operation {
	rng := rand.New(rand.NewPCG(seed^uint64(w)<<56, uint64(n)))
	op := operation{delete: rng.IntN(4) == 0}
	most := 20
	if op.delete {
		most = 10
	}
	seen := map[int]bool{}
	for range 1 + rng.IntN(most) {
		if id := rng.IntN(perWriter); !seen[id] {
			seen[id] = true
			op.ids = append(op.ids, id)
		}
	}
	return op
}

func name(w, id int) string { return fmt.Sprintf("w%d-%d", w, id) }

// document is the document that the n-th operation of a writer stores under an id.
func document(seed uint64, w, id, n int) db.Document {
	rng := rand.New(rand.NewPCG(seed+uint64(w*perWriter+id), uint64(n)))
	centre := rand.New(rand.NewPCG(seed, rng.Uint64N(40))) // clusters, as embeddings have
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(centre.NormFloat64() + 0.5*rng.NormFloat64())
	}
	return db.Document{
		ID: name(w, id), Embedding: v, Text: fmt.Sprintf("document %d of writer %d, version %d", id, w, n),
		Metadata: db.Metadata{"w": w, "id": id, "n": n},
	}
}

// state is the state of a writer's documents: the operation that wrote each id.
type state map[int]int

func (s state) apply(op operation, n int) {
	for _, id := range op.ids {
		if op.delete {
			delete(s, id)
		} else {
			s[id] = n
		}
	}
}
