package server

import (
	"context"
	"net/http"

	"github.com/fronyai/frony-db/server/compat"
	"github.com/fronyai/frony-db/server/compat/chroma"
	"github.com/fronyai/frony-db/server/problem"
)

// chromaBatches is how many times more documents than in a request of ours may be in
// one of Chroma's: its clients send thousands at once. The bytes of both are limited.
const chromaBatches = 5

// chromaHost is what Chroma's API needs of the server. Its records are kept right whether
// that is served or not.
func (s *Server) chromaHost() *chroma.Host {
	l := &s.opts.Limits
	h := &chroma.Host{
		DB: s.db, Reset: s.opts.speaks(CompatChromaReset),
		MaxBatch: chromaBatches * l.Batch, MaxK: l.K, MaxQueries: l.Queries, Filter: s.filterLimits(),
		CheckText: s.checkText, May: s.may, Open: s.collection, Search: s.matches, Fits: s.fits, Problem: s.problem,
		EmbedQueries: func(ctx context.Context, texts []string) ([][]float32, *problem.Problem) {
			return s.vectors(ctx, compat.Query, texts, 0)
		},
		Answer: writeJSON, Fail: writeProblem,
	}
	if s.embed != nil {
		spec := s.embed.Spec()
		h.Model = &spec
	}
	return h
}

// chromaRoutes adds Chroma's API.
func (s *Server) chromaRoutes() {
	slots := map[chroma.Slot]slotKind{chroma.SlotNone: slotNone, chroma.SlotSearch: slotSearch, chroma.SlotWrite: slotWrite}
	for _, r := range s.chroma.Routes() {
		e := endpoint{role: r.Role, shape: chroma.Failure, slot: slots[r.Slot], whole: r.Whole, unbound: true}
		if r.Body {
			e.body = bodyWhole
		}
		s.handle(r.Pattern, e, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Chroma-Trace-Id", requestID(req.Context()))
			r.Handler(w, req)
		}))
	}
}
