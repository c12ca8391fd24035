package enginetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

var (
	nouns = strings.Fields("서울 부산 전입신고 이사 날씨 봄 바다 김치찌개 도서관 환불 배송 계약 보증금 세금 연금 학교 병원 지하철 버스 공항 여권 비자 면허 데이터 서버 모델 검색 색인 벡터 문서")
	tails = strings.Fields("은 는 이 가 을 를 에 에서 의 로 까지 부터 도 만")
	verbs = strings.Fields("찾는다 바꾼다 신청했다 기다린다 좋아한다 만들었다 보냈다 끝났다")
	words = strings.Fields("server database vector index search query refund delivery contract deposit tax pension school hospital subway airport passport visa license model Rosenstein Kubernetes v1.2.3 snake_case C++17 error timeout")
)

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// sentence is a sentence, Korean or English.
func sentence(r *rand.Rand) string {
	var out []string
	if r.IntN(3) > 0 {
		for range 2 + r.IntN(4) {
			out = append(out, pick(r, nouns)+pick(r, tails))
		}
		return strings.Join(append(out, pick(r, verbs)), " ") + "."
	}
	for range 3 + r.IntN(6) {
		out = append(out, pick(r, words))
	}
	return strings.Join(out, " ") + "."
}

// Documents are n documents, always the same for a seed, with titles, sources, and metadata
// of all types.
func Documents(n int, seed uint64) []db.Document { return documents(n, seed) }

func documents(n int, seed uint64) []db.Document {
	r := rand.New(rand.NewPCG(seed, 7))
	docs := make([]db.Document, n)
	for i := range docs {
		d := db.Document{ID: fmt.Sprintf("d%04d", i), Metadata: metadata(r)}
		for range 1 + r.IntN(4) {
			d.Text += sentence(r) + " "
		}
		if r.IntN(3) == 0 {
			d.Title = pick(r, nouns) + " " + pick(r, words)
		}
		if r.IntN(2) == 0 {
			d.Source, d.Chunk = fmt.Sprintf("s%d.md", r.IntN(n/5+1)), r.IntN(9)
		}
		docs[i] = d
	}
	return docs
}

// values are what a field may have: filters compare those of one type with those of
// another.
var values = []any{
	"ko", "en", "Ko", "2024-05-01", "2024-05-01T09:00:00+09:00", "2024. 5. 1.", "제주", "", "a%b", "zz",
	int64(0), int64(1), int64(3), 3.0, 3.5, -2.25, int64(1) << 60, int64(1)<<60 + 1, 1e300,
	true, false, time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 5, time.UTC),
}

var lists = []any{
	[]string{"x", "y"}, []string{"2024-05-01"}, []string{"ko"}, []int64{1, 3}, []float64{3.5, 1}, []string{"제주"},
}

var fieldNames = []string{"a", "b", "c d", "n.x", "제목", "list"}

func metadata(r *rand.Rand) db.Metadata {
	m := db.Metadata{}
	for _, f := range fieldNames {
		switch r.IntN(4) {
		case 0:
		case 1:
			m[f] = lists[r.IntN(len(lists))]
		default:
			m[f] = values[r.IntN(len(values))]
		}
	}
	return m
}

// where is a filter.
func where(r *rand.Rand, depth int) filter.Expr {
	if depth > 0 {
		switch r.IntN(5) {
		case 0:
			return filter.And(where(r, depth-1), where(r, depth-1))
		case 1:
			return filter.Or(where(r, depth-1), where(r, depth-1))
		case 2:
			return filter.Not(where(r, depth-1))
		}
	}
	field := pick(r, fieldNames)
	switch r.IntN(8) {
	case 0:
		field = "_source"
	case 1:
		field = pick(r, []string{"_id", "id", "title", "missing"})
	}
	v := values[r.IntN(len(values))]
	switch field {
	case "_source":
		v = fmt.Sprintf("s%d.md", r.IntN(20))
	case "_id", "id":
		v = fmt.Sprintf("d%04d", r.IntN(100))
	case "title":
		v = pick(r, nouns)
	}
	_, isBool := v.(bool)
	text, isText := v.(string)
	switch op := r.IntN(12); {
	case op == 0:
		return filter.Exists(field)
	case op == 1:
		return filter.Ne(field, v)
	case op == 2:
		return filter.In(field, v, values[r.IntN(len(values))], values[r.IntN(len(values))])
	case op == 3 && !isBool:
		return filter.Contains(field, v)
	case op == 4 && isText:
		return filter.StartsWith(field, text[:min(len(text), 2)/2*2])
	case op == 5 && isText:
		return filter.Like(field, "%"+filter.Escape(text)+"%")
	case op == 6 && isText:
		return filter.ILike(field, filter.Escape(text)+"%")
	case op == 7 && !isBool:
		return filter.Lt(field, v)
	case op == 8 && !isBool:
		return filter.Le(field, v)
	case op == 9 && !isBool:
		return filter.Gt(field, v)
	case op == 10 && !isBool:
		return filter.Ge(field, v)
	}
	return filter.Eq(field, v)
}
