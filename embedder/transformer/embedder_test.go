package transformer

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fronyai/frony-db/embedder/embeddertest"
)

func openGolden(t *testing.T, name string) *Embedder {
	t.Helper()
	e, err := Open(modelDir(name), nil)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, e)
	return e
}

func TestContract(t *testing.T) {
	t.Parallel()
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			e := openGolden(t, name)
			embeddertest.Run(t, e)
			texts := []string{"첫 문장", "", "the second sentence", strings.Repeat("아주 긴 글 ", 500), "\xff\xfe invalid"}
			batch, err := e.EmbedPassages(t.Context(), texts)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range batch {
				norm := 0.0
				for _, x := range v {
					norm += float64(x) * float64(x)
				}
				if len(v) != e.Spec().Dims || math.Abs(norm-1) > 1e-6 {
					t.Errorf("text %d: %d dims of squared length %g", i, len(v), norm)
				}
				alone, err := e.EmbedPassages(t.Context(), texts[i:i+1])
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(alone[0], v) {
					t.Errorf("text %d differs alone", i)
				}
			}
			query, err := e.EmbedQuery(t.Context(), texts[0])
			if err != nil {
				t.Fatal(err)
			}
			if same, prefixed := slices.Equal(query, batch[0]), e.Spec().QueryPrefix != e.Spec().PassagePrefix; same == prefixed {
				t.Errorf("query and passage alike: %t, prefixes differ: %t", same, prefixed)
			}
			none, err := e.EmbedPassages(t.Context(), nil)
			if err != nil || len(none) != 0 {
				t.Errorf("no texts: got %v, %v", none, err)
			}
			if err := e.Spec().Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCountTokens(t *testing.T) {
	t.Parallel()
	e := openGolden(t, "bert-mean-f32")
	empty := e.CountTokens("")
	if empty != 3 { // [CLS] <P> [SEP]
		t.Errorf("the empty passage costs %d tokens, want 3", empty)
	}
	if n, longer := e.CountTokens("한강"), e.CountTokens("한강 도시"); n <= empty || longer <= n {
		t.Errorf("counts %d, %d, %d don't grow", empty, n, longer)
	}
	if n := e.CountTokens(strings.Repeat("도시 ", 1000)); n < 1000 {
		t.Errorf("counted %d, want all of the text", n)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	e, err := Open(modelDir("xlmr-cls-f16"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				if _, err := e.EmbedQuery(t.Context(), "닫는 동안"); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

// Bytes are near the floats, and another model.
func TestInt8(t *testing.T) {
	t.Parallel()
	for _, name := range goldenModels {
		e, err := Open(modelDir(name), &Options{Int8: true})
		if err != nil {
			t.Fatal(err)
		}
		closeAfter(t, e)
		if e.Spec().Fingerprint() == openGolden(t, name).Spec().Fingerprint() {
			t.Errorf("%s: same fingerprint as with floats", name)
		}
		worst, sum, n := 0.0, 0.0, 0
		for _, c := range readGolden(t, modelDir(name)) {
			if c.Role == "query" {
				v, err := e.EmbedQuery(t.Context(), c.Text)
				if err != nil {
					t.Fatal(err)
				}
				d := distance(v, c.Vector)
				worst, sum, n = max(worst, d), sum+d, n+1
			}
		}
		t.Logf("%s: cosine to the reference %.5f on average, %.5f at least", name, 1-sum/float64(n), 1-worst)
		if worst > 0.01 {
			t.Errorf("%s: cosine distance of %g from the reference", name, worst)
		}
	}
	if _, err := Open(modelDir(goldenModels[0]), &Options{Int8: true, Engine: EngineONNX}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("with ONNX Runtime: got %v, want ErrUnsupported", err)
	}
}
