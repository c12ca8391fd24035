package transformer

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer/engine/purego"
)

// tolerance is the cosine distance that an embedding may have from the
// reference libraries'.
const tolerance = 1e-5

// goldenModels are tiny random models in the formats of real ones, made by
// tools/goldens with PyTorch, transformers and sentence-transformers.
var goldenModels = []string{"bert-mean-f32", "xlmr-cls-f16", "roberta-mean-bf16-sharded", "bert-cls-relu-odd"}

func modelDir(name string) string { return filepath.Join("testdata", "models", name) }

type goldenCase struct {
	Role, Text string
	IDs        []int32
	Vector     []float32
}

func readGolden(t *testing.T, dir string) []goldenCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g struct{ Cases []goldenCase }
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Cases) < 20 {
		t.Fatalf("%d cases, want at least 20", len(g.Cases))
	}
	return g.Cases
}

// closeAfter closes what a test opened.
func closeAfter(t *testing.T, c io.Closer) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func distance(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return 1 - dot/math.Sqrt(aa*bb)
}

// The engine gives what PyTorch gives for the same ids, with every kernel.
func TestGoldenEngine(t *testing.T) {
	t.Parallel()
	for _, name := range goldenModels {
		for _, kernel := range purego.Kernels() {
			t.Run(name+"/"+kernel, func(t *testing.T) {
				r, err := readRepository(modelDir(name), profile.Profile{}, profile.Transformer)
				if err != nil {
					t.Fatal(err)
				}
				w, err := openWeights(r.dir)
				if err != nil {
					t.Fatal(err)
				}
				closeAfter(t, w)
				parts, err := w.encoder(r.config, r.family)
				if err != nil {
					t.Fatal(err)
				}
				e, err := purego.New(r.config, parts, &purego.Options{Kernel: kernel})
				if err != nil {
					t.Fatal(err)
				}
				cases := readGolden(t, modelDir(name))
				var ids [][]int32
				var out [][]float32
				for _, c := range cases {
					ids = append(ids, c.IDs)
					out = append(out, make([]float32, r.config.Hidden))
				}
				if err := e.Embed(t.Context(), ids, out); err != nil {
					t.Fatal(err)
				}
				worst := 0.0
				for i, c := range cases {
					d := distance(out[i], c.Vector)
					worst = max(worst, math.Abs(d))
					if !(math.Abs(d) <= tolerance) {
						t.Errorf("%s %q: cosine distance %g", c.Role, c.Text, d)
					}
				}
				t.Logf("largest cosine distance %.2g in %d cases", worst, len(cases))
			})
		}
	}
}

// The whole way, from text to vector, gives what sentence-transformers gives.
func TestGoldenText(t *testing.T) {
	t.Parallel()
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			e, err := Open(modelDir(name), nil)
			if err != nil {
				t.Fatal(err)
			}
			closeAfter(t, e)
			cases := readGolden(t, modelDir(name))
			var passages []string
			var want [][]float32
			for _, c := range cases {
				prefix := e.spec.PassagePrefix
				if c.Role == "query" {
					prefix = e.spec.QueryPrefix
					v, err := e.EmbedQuery(t.Context(), c.Text)
					if err != nil {
						t.Fatal(err)
					}
					if d := distance(v, c.Vector); !(math.Abs(d) <= tolerance) {
						t.Errorf("query %q: cosine distance %g", c.Text, d)
					}
				} else {
					passages, want = append(passages, c.Text), append(want, c.Vector)
				}
				if ids := e.tokens.EncodeTruncated(nil, e.input(prefix, c.Text), e.spec.MaxTokens); !slices.Equal(ids, c.IDs) {
					t.Errorf("%s %q: ids %v, want %v", c.Role, c.Text, ids, c.IDs)
				}
			}
			got, err := e.EmbedPassages(t.Context(), passages)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if d := distance(got[i], want[i]); !(math.Abs(d) <= tolerance) {
					t.Errorf("passage %q: cosine distance %g", passages[i], d)
				}
			}
		})
	}
}
