package lexical

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/internal/textform"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		// Korean: bigrams, then the word without its particle.
		{"서울", "서울 서울"},
		{"서울은", "서울 울은 서울"},
		{"서울에서는", "서울 울에 에서 서는 서울"},
		{"집", "집"},
		{"집에서", "집에 에서 집"},
		{"가을", "가을 가을 가"},
		{"집은", "집은 집은 집"},
		{"마을을", "마을 을을 마을"},
		{"설정합니다", "설정 정합 합니 니다 설정"},
		{"설정되나요", "설정 정되 되나 나요 설정"},
		{"무엇인가요", "무엇 엇인 인가 가요 무엇"},
		{"MRI란", "mri"},
		{"이란", "이란 이란 이"},
		{"데이터베이스를", "데이 이터 터베 베이 이스 스를 데이터베이스"},
		{"ㅋㅋ", "ᄏᄏ ᄏᄏ"},
		{norm.NFD.String("서울은"), "서울 울은 서울"},
		{"서\u200B울은", "서울 울은 서울"},
		{"ﾾￂﾤㄱㅡㄹ", "한글 한글"},
		{"the re\u00ADfund", "the refund"},

		// English: lower case, light stems.
		{"The Running Dogs", "the run dog"},
		{"queries query's caches cached caching", "queri queri cach cach cach"},
		{"class classes bus focus string", "class class bus focus string"},
		{"Café naïve", "caf naiv"},
		{"ﬁle Ｆｕｌｌ", "fil full"},
		{"don't Korea’s", "dont korea"},

		// Numbers and compounds: the pieces, then the whole.
		{"2024년에", "2024 년에 년에 년 2024년"},
		{"1,000", "1000"},
		{"1,000개", "1000 개 1000개"},
		{"foo,bar", "foo bar"},
		{"v1.2.3", "v 1 2 3 v1.2.3 1.2.3"},
		{"3.14", "3 14 3.14"},
		{"6·25 전쟁", "6 25 6.25 전쟁 전쟁"},
		{"6ㆍ25", "6 25 6.25"},
		{"3·1운동", "3 1 운동 운동 3.1운동"},
		{"한·미", "한 미"},
		{"한ㆍ미", "한 미"},
		{"C++17", "c++ 17 c++17"},
		{"C++ C# F#", "c++ c# f#"},
		{"PR#12", "pr 12"},
		{"a+b", "a b"},
		{"snake_case", "snak cas snakecas"},
		{"getUserName", "get user nam getusernam"},
		{"HTTPServer", "http server httpserver"},
		{"e-mail", "e mail email"},
		{"end. Next", "end next"},
		{"utf8", "utf 8 utf8"},
		{"--no-cache...", "no cach nocach"},

		// Mixed: a particle is no part of a foreign name.
		{"에어팟2세대", "에어 어팟 에어팟 2 세대 세대 에어팟2세대"},
		{"에어팟2세대는", "에어 어팟 에어팟 2 세대 대는 세대 에어팟2세대"},
		{"API를", "api"},
		{"Go에서", "go"},
		{"12월에", "12 월에 월에 월 12월"},
		{"K팝", "k 팝 k팝"},

		// Han and kana: bigrams, or the one character.
		{"大韓民國", "大韓 韓民 民國"},
		{"カメラー", "カメ メラ ラー"},
		{"漢", "漢"},

		{"", ""},
		{" .,-_'+# ?!…", ""},
		{"++", ""},
		{"😀", ""},
	} {
		if got := strings.Join(terms(tt.text), " "); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// terms returns the terms of a text in readable form, with repetitions.
func terms(text string) []string {
	var a analysis
	a.run(text)
	terms := make([]string, len(a.tokens))
	for i, t := range a.tokens {
		terms[i] = string(a.runes[t.at : t.at+t.n])
	}
	return terms
}

// TestWeights holds what terms weigh in a query: the values were measured, and
// change only with a new measurement.
func TestWeights(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"running":   "run 2",
		"서울에서":      "서울 1, 울에 0.5, 에서 0.2, 서울 0.5",              // bigrams, then the word
		"한국어학교":     "한국 0.5, 국어 0.5, 어학 0.5, 학교 0.5, 한국어학교 0.5", // √4 in all
		"집":         "집 1",
		"집은":        "집은 1, 집은 0.5, 집 0.5",
		"漢":         "漢 1",
		"snakeCase": "snak 1, cas 1, snakecas 1",
	} {
		var a analysis
		a.run(query)
		var got []string
		for i := range a.tokens {
			tok := &a.tokens[i]
			got = append(got, fmt.Sprintf("%s %.3g", string(a.runes[tok.at:tok.at+tok.n]), tok.weigh()))
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%q weighs %q, want %q", query, s, want)
		}
	}
	if got, want := idf(100, 1), 6.48; math.Abs(got-want) > 0.01 {
		t.Errorf("a term of one document in a hundred: idf %.3f, want %.2f", got, want)
	}
}

// TestFindable indexes tokens as people write them, and searches for them as
// people do.
func TestFindable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, queries string }{
		{"새로 산 에어팟2세대는 소리가 좋다", "에어팟|에어팟2세대|에어팟 2세대|2세대|소리"},
		{"C++17 표준에서 바뀐 것", "C++|c++17|C++ 17|표준|표준은"},
		{"we tag it v1.2.3 today", "v1.2.3|1.2.3|V1.2.3"},
		{"the max_open_files option", "max_open_files|maxOpenFiles|max-open-files|open files|files"},
		{"call getUserName()", "getUserName|getusername|get_user_name|user name"},
		{"send an e-mail", "e-mail|email|mail|E-Mail|emails"},
		{"REST API를 호출", "api|API|api는|REST"},
		{"우리집 앞마당에서", "집|우리|마당|앞마당|앞"},
		{"집에서 논다", "집|집에서|집은"},
		{"caching the queries", "cache|cached|query|Queries"},
		{"대한민국의 수도", "대한민국|대한|민국|수도는"},
		{"漢江은 흐른다", "漢江|漢|江"},
		{"가격은 1,000원", "1000원|1,000원|1000|가격"},
		{"Çelik café", "celik|CAFÉ|cafe"},
	} {
		x := New()
		x.Add(0, Fields{Text: "아무 상관 없는 글 something else"})
		x.Add(1, Fields{Text: tt.text})
		for query := range strings.SplitSeq(tt.queries, "|") {
			hits := x.Search(nil, Query{Text: query, K: 1})
			if len(hits) != 1 || hits[0].Node != 1 {
				t.Errorf("%q does not find %q: %v", query, tt.text, hits)
			}
		}
	}
}

// TestSyllable ranks a word of one syllable before words that contain it, and
// finds those as well.
func TestSyllable(t *testing.T) {
	t.Parallel()
	x := New()
	for node, text := range []string{"우리집 강아지", "집 강아지", "집값 강아지", "학교 강아지", "집에서 강아지"} {
		x.Add(uint32(node), Fields{Text: text})
	}
	var nodes []uint32
	for _, h := range x.Search(nil, Query{Text: "집", K: 10}) {
		nodes = append(nodes, h.Node)
	}
	slices.Sort(nodes[2:])
	if !slices.Equal(nodes, []uint32{4, 1, 0, 2}) && !slices.Equal(nodes, []uint32{1, 4, 0, 2}) {
		t.Errorf("found %v", nodes)
	}
}

// A bigram weighs half as much as the syllable that it contains.
func TestSyllableWeight(t *testing.T) {
	t.Parallel()
	x := New()
	x.Add(0, Fields{Text: "집"})   // one term
	x.Add(1, Fields{Text: "우리집"}) // three terms
	hits := x.Search(nil, Query{Text: "집", K: 2})
	if len(hits) != 2 {
		t.Fatalf("found %v", hits)
	}
	saturation := func(length float64) float64 { return 1 / (1 + 0.9*(0.35+0.65*length/2)) } // 2 on average
	want := 2 * saturation(1) / saturation(3)
	if got := float64(hits[0].Score / hits[1].Score); math.Abs(got-want) > 1e-5 {
		t.Errorf("scores %v are %.4f to 1, want %.4f", hits, got, want)
	}
}

// FuzzAnalyze checks that any text gives terms, the same from every normal
// form, and a document that its own text finds.
func FuzzAnalyze(f *testing.F) {
	for _, s := range []string{"서울은 C++17 v1.2.3", "a'b’c", "x.y_z-1,0", "ㅏㅋ가", "HTTPServer2세대는", "\xff가"} {
		f.Add(s)
	}
	x := New()
	f.Fuzz(func(t *testing.T, text string) {
		found := terms(text)
		for _, term := range found {
			if term == "" || utf8.RuneCountInString(term) > utf8.RuneCountInString(textform.Normal(text)) {
				t.Errorf("%q gives the term %q", text, term)
			}
		}
		if utf8.ValidString(text) && !slices.Equal(terms(textform.Normal(text)), found) {
			t.Errorf("%q gives other terms when normalised", text)
		}
		x.Add(1, Fields{Text: text})
		if hits := x.Search(nil, Query{Text: text, K: 1}); len(hits) != min(1, len(found)) {
			t.Errorf("%q has terms %q and is found %d times", text, found, len(hits))
		}
	})
}
