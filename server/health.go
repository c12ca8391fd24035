package server

import (
	"context"
	"fmt"
	"net/http"

	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
)

// healthPaths are logged at level debug: they are polled every few seconds.
var healthPaths = map[string]bool{
	"/livez": true, "/readyz": true, "/healthz": true, "/metrics": true,
	"/.well-known/live": true, "/.well-known/ready": true,
}

func (s *Server) healthRoutes() {
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /livez":   func(w http.ResponseWriter, _ *http.Request) { answerText(w, http.StatusOK, "ok") },
		"GET /readyz":  s.readyz,
		"GET /healthz": s.readyz,
	} {
		s.handle(pattern, endpoint{role: keys.None}, h)
	}
	s.handle("GET /metrics", endpoint{role: keys.Read, whole: true}, s.metrics.handler())
}

// readyz tells whether requests should be sent here.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	switch s.state.Load() {
	case stateLoading:
		w.Header().Set("Retry-After", "2")
		answerText(w, http.StatusServiceUnavailable, "loading")
	case stateStopping:
		answerText(w, http.StatusServiceUnavailable, "stopping")
	default:
		if m, ok := s.db.(engine.Monitor); ok {
			if err := m.Health(r.Context()); err != nil {
				s.log.Warn("not ready", "err", err) // it names servers, and everybody may ask
				w.Header().Set("Retry-After", "2")
				answerText(w, http.StatusServiceUnavailable, "the engine is not available")
				return
			}
		}
		answerText(w, http.StatusOK, s.health(r.Context()))
	}
}

// health is what /readyz says of a server that answers. It names no collections:
// everybody may ask.
func (s *Server) health(ctx context.Context) string {
	all, degraded := 0, 0
	for info, err := range s.db.Collections(ctx) {
		if err != nil {
			break // the database closes
		}
		if all++; info.Degraded != "" {
			degraded++
		}
	}
	if degraded == 0 {
		return "ok"
	}
	return fmt.Sprintf("degraded: %d of %d collections were filled with another model and find texts by words alone; "+
		"GET /v1/collections names them, and reembed changes their model", degraded, all)
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
