package dataset

import (
	"context"
	"runtime"
	"sync"

	"github.com/fronyai/frony-db/bench/texts"
	"github.com/fronyai/frony-db/embedder"
)

// Kind is the queries of one kind: N of them, from From on.
type Kind struct {
	Name    string
	From, N int
}

// Passages embeds passages on all cores.
func Passages(ctx context.Context, e embedder.Embedder, passages []string) ([]float32, error) {
	dims, workers := e.Spec().Dims, runtime.GOMAXPROCS(0)
	base := make([]float32, len(passages)*dims)
	errs := make([]error, workers)
	const batch = 256
	var beside sync.WaitGroup
	for w := range workers {
		beside.Go(func() {
			for at := w * batch; at < len(passages) && errs[w] == nil; at += workers * batch {
				var rows [][]float32
				rows, errs[w] = e.EmbedPassages(ctx, passages[at:min(at+batch, len(passages))])
				for i, row := range rows {
					copy(base[(at+i)*dims:], row)
				}
			}
		})
	}
	beside.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return base, nil
}

// Questions embeds the first n questions of each file (all for n = 0). A file's name is
// the kind of its questions.
func Questions(ctx context.Context, e embedder.Embedder, files []string, n int) (query []float32, kinds []Kind, err error) {
	for _, file := range files {
		questions, err := texts.Questions(file, n)
		if err != nil {
			return nil, nil, err
		}
		kinds = append(kinds, Kind{texts.Kind(file), len(query) / e.Spec().Dims, len(questions)})
		for _, q := range questions {
			v, err := e.EmbedQuery(ctx, q)
			if err != nil {
				return nil, nil, err
			}
			query = append(query, v...)
		}
	}
	return query, kinds, nil
}
