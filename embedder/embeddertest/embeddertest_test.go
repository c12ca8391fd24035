package embeddertest_test

import (
	"testing"

	"github.com/fronyai/frony-db/embedder/embeddertest"
)

func TestFakeKeepsTheContract(t *testing.T) {
	t.Parallel()
	embeddertest.Run(t, embeddertest.New(384, 1))
}

func TestFakeNearness(t *testing.T) {
	t.Parallel()
	f := embeddertest.New(384, 1)
	vectors, err := f.EmbedPassages(t.Context(), []string{
		"고양이가 의자 위에서 잔다",
		"고양이가 소파 위에서 잔다",
		"quarterly revenue rose sharply",
	})
	if err != nil {
		t.Fatal(err)
	}
	near, far := dot(vectors[0], vectors[1]), dot(vectors[0], vectors[2])
	if near < 0.5 || far > 0.25 {
		t.Errorf("three of four words shared: cosine %.2f, want at least 0.5; none shared: %.2f, want at most 0.25", near, far)
	}
}

func TestFakeSeedsDiffer(t *testing.T) {
	t.Parallel()
	a, b := embeddertest.New(64, 1), embeddertest.New(64, 2)
	if a.Spec().Fingerprint() == b.Spec().Fingerprint() {
		t.Error("fakes of two seeds have one fingerprint")
	}
	va, _ := a.EmbedQuery(t.Context(), "seed")
	vb, _ := b.EmbedQuery(t.Context(), "seed")
	if dot(va, vb) > 0.5 {
		t.Errorf("fakes of two seeds embed alike: cosine %.2f", dot(va, vb))
	}
}

func dot(a, b []float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
