package server

import (
	"context"
	"fmt"
	"iter"
	"net/http"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/server/admit"
	"github.com/fronyai/frony-db/server/problem"
)

// over refuses what exceeds a limit.
func over(what string, n, limit int, param string) *problem.Problem {
	if n <= limit {
		return nil
	}
	return problem.Refuse(http.StatusBadRequest, "limit_exceeded", "%d %s, at most %d", n, what, limit).At(param).
		Hint(fmt.Sprintf("send at most %d in one request", limit))
}

func (s *Server) filterLimits() filter.Limits {
	return filter.Limits{MaxDepth: s.opts.Limits.FilterDepth, MaxConditions: s.opts.Limits.FilterConditions}
}

func (s *Server) checkText(text, param string) *problem.Problem {
	if len(text) <= s.opts.Limits.Text {
		return nil
	}
	return problem.Refuse(http.StatusBadRequest, "limit_exceeded", "the text has %d bytes, at most %d", len(text), s.opts.Limits.Text).
		At(param).Hint("split it into chunks")
}

// fits adds documents to the size of the request's answer, and refuses what would
// not fit. It is an estimate that ends work early: the answer itself is counted when
// it is written.
func (s *Server) fits(ctx context.Context, docs iter.Seq[*db.Document]) *problem.Problem {
	c := callOf(ctx)
	for d := range docs {
		c.size += answerSize(d)
	}
	if c.size > s.opts.Limits.AnswerBytes {
		return admit.TooLarge(s.opts.Limits.AnswerBytes)
	}
	return nil
}

// answerSize is about what a document takes in an answer.
func answerSize(d *db.Document) int64 {
	n := 100 + len(d.ID) + len(d.Text) + len(d.Source) + 11*len(d.Embedding)
	for name, v := range d.Metadata {
		n += len(name) + 8
		switch v := v.(type) {
		case string:
			n += len(v)
		case []string:
			for _, x := range v {
				n += len(x) + 3
			}
		case []int64:
			n += 20 * len(v)
		case []float64:
			n += 24 * len(v)
		}
	}
	return int64(n)
}

// bounded is a number of a request and its limit.
type bounded struct {
	name     string
	n, limit int
}

func checkBounds(param string, bounds ...bounded) *problem.Problem {
	for _, b := range bounds {
		if b.n < 0 {
			return problem.Refuse(http.StatusBadRequest, "limit_exceeded", "%s is %d, want 0 to %d", b.name, b.n, b.limit).At(problem.Join(param, b.name))
		}
		if b.n > b.limit {
			return problem.Refuse(http.StatusBadRequest, "limit_exceeded", "%s is %d, at most %d", b.name, b.n, b.limit).At(problem.Join(param, b.name))
		}
	}
	return nil
}

// query converts a query and checks it against the limits. param is where it is
// in the request.
func (s *Server) query(q *api.Query, param string) (db.Query, *problem.Problem) {
	out, err := q.DB(s.filterLimits())
	if err != nil {
		return out, problem.Of(err).Within(param)
	}
	return out, s.bound(&out, param)
}

// bound gives a query its default k and checks it against the limits.
func (s *Server) bound(q *db.Query, param string) *problem.Problem {
	l := &s.opts.Limits
	if q.K == 0 {
		q.K = min(10, l.K)
	}
	if p := s.checkText(q.Text, problem.Join(param, "text")); p != nil {
		return p
	}
	for i := range q.Queries {
		if p := s.checkText(q.Queries[i].Text, problem.Join(param, fmt.Sprintf("queries[%d].text", i))); p != nil {
			return p
		}
	}
	return checkBounds(param, bounded{"k", q.K, l.K}, bounded{"offset", q.Offset, l.K - q.K}, bounded{"ef_search", q.EfSearch, l.EfSearch},
		bounded{"oversampling", q.Oversampling, l.Oversampling})
}

// documents converts documents and checks them against the limits.
func (s *Server) documents(in []api.Document) ([]db.Document, *problem.Problem) {
	if limit := s.opts.Limits.Batch; len(in) > limit {
		return nil, problem.Refuse(http.StatusRequestEntityTooLarge, "batch_too_large", "%d documents, at most %d", len(in), limit).
			At("documents").Hint("split them, or use the upload")
	}
	docs := make([]db.Document, len(in))
	for i := range in {
		if p := s.checkText(in[i].Text, fmt.Sprintf("documents[%d].text", i)); p != nil {
			return nil, p
		}
		docs[i] = in[i].DB()
	}
	return docs, nil
}
