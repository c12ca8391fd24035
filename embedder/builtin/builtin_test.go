package builtin_test

import (
	"testing"

	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

func TestContract(t *testing.T) {
	embeddertest.Run(t, builtin.New())
}

// TestNearness holds the order of cosines that a lexical model must give, over
// the full vector and over its head.
func TestNearness(t *testing.T) {
	tests := []struct{ query, near, far string }{
		{"기차 요금", "부산까지 기차의 요금이 올랐다", "고양이는 물을 싫어한다"},
		{"train fares", "The fare of the train to Busan has risen", "Cats dislike water"},
		{"PostgreSQL 색인", "postgresql에서 색인을 만드는 법", "파이썬에서 목록을 만드는 법"},
	}
	e := builtin.New()
	for _, test := range tests {
		q, err := e.EmbedQuery(t.Context(), test.query)
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.EmbedPassages(t.Context(), []string{test.near, test.far})
		if err != nil {
			t.Fatal(err)
		}
		for _, dims := range []int{builtin.Dims, builtin.HeadDims} {
			near, far := dot(q[:dims], p[0][:dims]), dot(q[:dims], p[1][:dims])
			if near <= far {
				t.Errorf("%q over %d dims: %q scores %.3f, %q scores %.3f", test.query, dims, test.near, near, test.far, far)
			}
		}
	}
}

func BenchmarkEmbedPassages(b *testing.B) {
	texts := []string{
		"서울에서 부산까지 기차로 두 시간 반쯤 걸린다. 요금은 열차마다 다르다.",
		"The train from Seoul to Busan takes about two and a half hours.",
	}
	e := builtin.New()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.EmbedPassages(b.Context(), texts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "texts/s")
}

func dot(a, b []float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
