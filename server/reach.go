package server

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db"
)

// reach is what Check has found out about each collection.
type reach struct {
	mu sync.Mutex // guards of
	of map[string]sweep
}

// sweep is one walk through a collection's documents, and the one before.
type sweep struct {
	asked, unreachable int // so far
	last               int // unreachable in the sweep before
}

// found is how many documents are unreachable as far as is known: those of the
// last whole sweep, or of this one if they are more already.
func (w sweep) found() int { return max(w.last, w.unreachable) }

// Check walks through all collections, over and over, and searches for each
// document by its own vector: so many documents in a second, in one goroutine,
// and none while a search waits. What the graph does not return is in the
// metric frony_unreachable_documents, and in the log once a sweep. It ends with
// ctx.
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
			if !s.sweep(ctx, name, perSecond, next) {
				return
			}
		}
		s.reach.mu.Lock()
		maps.DeleteFunc(s.reach.of, func(name string, _ sweep) bool { return !slices.Contains(names, name) })
		s.reach.mu.Unlock()
	}
}

// sweep checks one collection to its end.
func (s *Server) sweep(ctx context.Context, name string, perSecond int, next func() bool) bool {
	var from uint32
	for {
		c, err := s.db.Collection(ctx, name, &db.CollectionOptions{MustExist: true})
		if err != nil {
			return true // dropped, of another model, or damaged: requests for it say so
		}
		r, err := c.Reachability(ctx, from, perSecond)
		if err != nil {
			return ctx.Err() == nil
		}
		s.reach.mu.Lock()
		w := s.reach.of[name]
		w.asked, w.unreachable = w.asked+r.Asked, w.unreachable+len(r.Unreachable)
		if r.Next == 0 {
			if w.unreachable > 0 {
				s.log.Warn("the graph does not return some documents; frony-db doctor --repair links them again",
					"collection", name, "documents", w.unreachable)
			}
			w.last, w.unreachable = w.unreachable, 0
		}
		s.reach.of[name] = w
		s.reach.mu.Unlock()
		if from = r.Next; from == 0 {
			return true
		}
		if !next() {
			return false
		}
	}
}

// swept returns what is known of a collection.
func (s *Server) swept(name string) (sweep, bool) {
	s.reach.mu.Lock()
	defer s.reach.mu.Unlock()
	w, ok := s.reach.of[name]
	return w, ok
}
