package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/fronyai/frony-db/server"
)

// serveAdmin serves profiles and metrics to the operator.
func (a *app) serveAdmin(ctx context.Context, s *serving, h *server.Server) (stop func(), err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.adminAddr)
	if err != nil {
		return nil, fmt.Errorf("serve: admin: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.Handle("GET /metrics", h.Metrics())
	hs := &http.Server{Handler: h.GuardHost(mux), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	go func() { _ = hs.Serve(l) }()
	s.say(a, "frony-db serves profiles at http://%s/debug/pprof/", l.Addr())
	return func() { _ = hs.Close() }, nil
}
