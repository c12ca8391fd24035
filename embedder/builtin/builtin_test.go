package builtin_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	embeddertest.Run(t, builtin.New())
}

// TestMeaning holds orders of cosines that nobody would dispute, over the full
// vector and over its head: within a language, across the two, and for words
// that no training text had.
func TestMeaning(t *testing.T) {
	t.Parallel()
	tests := []struct{ query, near, far string }{
		{"기차 요금이 얼마예요?", "부산까지 가는 열차의 표 값은 오만 원이다", "고양이는 물을 싫어한다"},
		{"기차 요금", "The fare of the train to Busan has risen", "Cats dislike water"},
		{"how to delete a file", "파일을 삭제하는 방법", "날씨가 추워졌다"},
		{"오늘 날씨 어때?", "What is the weather like today?", "Open the file and read a line"},
		{"command line arguments", "명령줄 인자를 처리한다", "저녁으로 김치찌개를 먹었다"},
		{"PostgreSQL 색인", "postgresql에서 색인을 만드는 법", "파이썬에서 목록을 만드는 법"},
		{"쀍뷁쉟", "여기 쀍뷁쉟 있다", "여기 아무것도 없다"},
		{"Zyxwquv", "the Zyxwquv is here", "the thing is here"},
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
			near, far := cosine(q[:dims], p[0][:dims]), cosine(q[:dims], p[1][:dims])
			if near <= far {
				t.Errorf("%q over %d dims: %q scores %.3f, %q scores %.3f", test.query, dims, test.near, near, test.far, far)
			}
		}
	}
}

// TestSpelling holds that what normalisation makes equal has equal vectors.
func TestSpelling(t *testing.T) {
	t.Parallel()
	e := builtin.New()
	for _, pair := range [][2]string{
		{"Vector Database", "vector   database!"},
		{"한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"}, // composed, decomposed
		{"ＡＢＣ １２３", "abc 123"},
		{"사내 보안 지침", "\uFEFF사내 보\u200B안 지\u00AD침"},
		{"the refund", "the re\u2060fund"},
		{"한글", "ﾾￂﾤㄱㅡㄹ"},
	} {
		p, err := e.EmbedPassages(t.Context(), pair[:])
		if err != nil {
			t.Fatal(err)
		}
		if c := cosine(p[0], p[1]); c < 0.9999 {
			t.Errorf("%q and %q: cosine %v, want 1", pair[0], pair[1], c)
		}
	}
}

func ExampleEmbedder() {
	ctx, e := context.Background(), builtin.New()
	q, _ := e.EmbedQuery(ctx, "파일을 삭제하는 방법")
	p, _ := e.EmbedPassages(ctx, []string{"how to delete a file", "the weather in spring"})
	fmt.Println(cosine(q, p[0]) > cosine(q, p[1]))
	// Output: true
}

func BenchmarkEmbedPassages(b *testing.B) {
	for _, bench := range []struct {
		name  string
		texts []string
	}{
		{"short", []string{
			"서울에서 부산까지 기차로 두 시간 반쯤 걸린다. 요금은 열차마다 다르다.",
			"The train from Seoul to Busan takes about two and a half hours.",
		}},
		{"paragraph", []string{
			strings.Repeat("서울에서 부산까지 기차로 두 시간 반쯤 걸리며 요금은 열차마다 다르다. ", 8),
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			e := builtin.New()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.EmbedPassages(b.Context(), bench.texts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(bench.texts))/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

func cosine(a, b []float32) float64 {
	var dot, x, y float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		x += float64(a[i]) * float64(a[i])
		y += float64(b[i]) * float64(b[i])
	}
	return dot / math.Sqrt(x*y)
}

func TestRecognizes(t *testing.T) {
	t.Parallel()
	e := builtin.New()
	for text, want := range map[string]bool{
		"환불": true, "refund": true, "7": true, "Zyxwquv": true, "쀍 환불": true, "쀍서울": true, "ㅋㅋ": true, "ㅠㅠ": true,
		"": false, "?!…": false, "😀": false, "ㄱㅊㅉㄱ": false, "ㅋㅊㅉㄱ": false, "쀍뷁쉟": false, "\u200b": false,
	} {
		if got := e.Recognizes(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
