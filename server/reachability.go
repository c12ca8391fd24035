package server

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// reachability is what Check has found about each collection.
type reachability struct {
	mu sync.Mutex // guards of
	of map[string]selfQueries
}

// selfQueries counts the documents of a collection that were searched for by their
// own vectors, pass after pass.
type selfQueries struct {
	checked     int // since the start
	unreachable int // in this pass
	last        int // unreachable in the last complete pass
}

// found is the number of unreachable documents: that of the last complete pass, or
// of the current one if it is already higher.
func (q selfQueries) found() int { return max(q.last, q.unreachable) }

// Check runs self-queries: it searches for each document of all collections by its
// own vector, over and over, so many per second, in one goroutine, and none while a
// search waits. The metric frony_unreachable_documents counts the documents that
// the graph does not return, and each pass logs them. It ends with ctx.
func (s *Server) Check(ctx context.Context, perSecond int) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	next := func() bool {
		for {
			select {
			case <-ctx.Done():
				return false
			case <-tick.C:
				if s.state.Load() == stateReady && s.searches.Waiting() == 0 {
					return true
				}
			}
		}
	}
	for next() {
		names, err := s.names(ctx)
		if err != nil {
			return // the database closes
		}
		for _, name := range names {
			if !s.checkCollection(ctx, name, perSecond, next) {
				return
			}
		}
		s.reachability.mu.Lock()
		maps.DeleteFunc(s.reachability.of, func(name string, _ selfQueries) bool { return !slices.Contains(names, name) })
		s.reachability.mu.Unlock()
	}
}

// checkCollection makes a pass through one collection.
func (s *Server) checkCollection(ctx context.Context, name string, perSecond int, next func() bool) bool {
	var from uint32
	for {
		c, err := s.db.Collection(ctx, name, &db.CollectionOptions{MustExist: true})
		if err != nil {
			return true // dropped, of another model, or damaged: requests for it say so
		}
		q, err := engine.As[engine.SelfQuerier](c, "self-query")
		if err != nil {
			return true // the engine has a graph of its own, if any
		}
		r, err := q.Reachability(ctx, from, perSecond)
		if err != nil {
			return ctx.Err() == nil
		}
		s.reachability.mu.Lock()
		n := s.reachability.of[name]
		n.checked, n.unreachable = n.checked+r.Asked, n.unreachable+len(r.Unreachable)
		if r.Next == 0 {
			if n.unreachable > 0 {
				s.log.Warn("the graph does not return some documents; frony-db doctor --repair links them again",
					"collection", name, "documents", n.unreachable)
			}
			n.last, n.unreachable = n.unreachable, 0
		}
		s.reachability.of[name] = n
		s.reachability.mu.Unlock()
		if from = r.Next; from == 0 {
			return true
		}
		if !next() {
			return false
		}
	}
}

// selfQueriesOf returns what is known of a collection.
func (s *Server) selfQueriesOf(name string) (selfQueries, bool) {
	s.reachability.mu.Lock()
	defer s.reachability.mu.Unlock()
	q, ok := s.reachability.of[name]
	return q, ok
}
