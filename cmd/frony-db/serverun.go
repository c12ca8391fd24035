package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/net/netutil"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

func (a *app) runServe(ctx context.Context, s *serving) error {
	set, err := loadKeys(s.keyFile)
	if err != nil {
		return err
	}
	if local, _ := loopback(s.addr); !local && set.Len() == 0 && !s.insecure {
		return usage.Errorf("--addr %s accepts connections from other machines, and without keys anyone could read and write; "+
			"name a file of keys with --keys, or allow it with --insecure", s.addr)
	}
	if s.held && set.Len() == 0 {
		return usage.Errorf("--held needs a key, by which it tells its processes from others; set FRONYDB_ADMIN_KEY or name a file with --keys")
	}
	var h *server.Server // no search or task runs before it exists
	d, e, err := a.openServed(ctx, s, func() *server.Server { return h })
	if err != nil {
		return err
	}
	defer a.closeServed(d)
	tracer, endTraces, err := a.traces(ctx)
	if err != nil {
		return err
	}
	defer endTraces()
	s.opts.Tracer = tracer
	s.opts.Embedder, s.opts.Keys, s.opts.Version, s.opts.Logger = e, set, buildVersion(), a.log
	h, err = server.New(d, &s.opts)
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }() // nothing is written there any more
	l, certs, err := s.listen(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if s.adminAddr != "" {
		stop, err := a.serveAdmin(ctx, s, h)
		if err != nil {
			return err
		}
		defer stop()
	}
	if set.Len() == 0 {
		a.log.Warn("there are no keys: anyone who can connect can read and write", "addr", l.Addr())
	}
	scheme := "http"
	if certs != nil {
		scheme = "https"
	}
	s.say(a, "frony-db serves %s at %s://%s", a.served(s), scheme, l.Addr())
	if a.json {
		if err := a.printJSON(map[string]any{"url": fmt.Sprintf("%s://%s", scheme, l.Addr()), "pid": os.Getpid()}); err != nil {
			return err
		}
	}
	return a.serveUntilDone(ctx, s, h, l, certs)
}

// openServed opens the database to serve, and its model.
func (a *app) openServed(ctx context.Context, s *serving, h func() *server.Server) (engine.DB, embedder.Embedder, error) {
	if a.engine != "" {
		s.checkRate = 0 // self-queries are for our own graph
		return a.openEngine(ctx, s.opts.ReadOnly)
	}
	e, err := a.servedModel(ctx)
	if err != nil {
		return nil, nil, err
	}
	progress := a.progress()
	d, err := db.Open(a.dir, &db.Options{
		Logger: a.log, Embedder: e, RecallSample: s.recallSample, NoQuestions: s.noQuestions, CacheBytes: int64(s.cacheBytes),
		ReadOnly: s.opts.ReadOnly, AllowModelMismatch: true,
		Progress: func(step string, done, total int) {
			if progress != nil && strings.HasPrefix(step, "rebuild ") { // tasks have lists of their own
				progress(step, done, total)
			}
			if h := h(); h != nil {
				h.ObserveProgress(step, done, total)
			}
		},
		OnRecall: func(collection string, k int, recall float64) { h().ObserveRecall(collection, k, recall) },
	})
	if err != nil {
		return nil, nil, err
	}
	return engine.Local(d), e, nil
}

// closeServed closes the database. An error is logged and otherwise ignored.
func (a *app) closeServed(d engine.DB) {
	if err := d.Close(); err != nil {
		a.log.Error("closing the database", "err", err)
	}
}

// served names what is served.
func (a *app) served(s *serving) string {
	if a.engine != "" {
		return withoutPassword(a.engine)
	}
	return a.dir
}

// listen opens the port, with TLS if there is a certificate.
func (s *serving) listen(ctx context.Context) (net.Listener, *server.Certs, error) {
	var certs *server.Certs
	if s.certFile != "" {
		var err error
		if certs, err = server.LoadCerts(s.certFile, s.certKey); err != nil {
			return nil, nil, err
		}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("another program listens on %s; stop it, or choose another address with --addr", s.addr)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("serve: %w", err)
	}
	l = netutil.LimitListener(l, s.connections)
	if certs != nil {
		l = tls.NewListener(l, certs.Config())
	}
	return l, certs, nil
}

// serveUntilDone serves until the context ends, then finishes running requests.
func (a *app) serveUntilDone(ctx context.Context, s *serving, h *server.Server, l net.Listener, certs *server.Certs) error {
	hs := h.HTTPServer()
	if s.held {
		var end context.CancelFunc
		ctx, end = context.WithCancel(ctx)
		defer end()
		hs.Handler = newHolders(hs.Handler, s.opts.Keys, s.heldWait, end)
	}
	ended := make(chan error, 1)
	go func() { ended <- hs.Serve(l) }()
	var background sync.WaitGroup
	backgroundCtx, stopBackground := context.WithCancel(ctx)
	defer stopBackground()
	background.Go(func() {
		if err := h.Warm(backgroundCtx); err != nil && backgroundCtx.Err() == nil {
			a.log.Error("opening the collections", "err", err)
		}
		if s.checkRate > 0 {
			h.Check(backgroundCtx, s.checkRate)
		}
	})
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("serve: %w", err)
		case <-hup:
			a.reload(s, h, certs)
			continue
		case <-ctx.Done():
		}
		break
	}
	h.Stop()
	s.say(a, "frony-db finishes running requests and stops")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	if err := hs.Shutdown(grace); err != nil {
		a.log.Warn("some requests did not finish in time", "err", err)
		_ = hs.Close()
	}
	stopBackground()
	background.Wait()
	return nil
}

// reload reads keys and certificate again. If that fails, the old ones stay in
// force: a typo must neither open the server nor close it.
func (a *app) reload(s *serving, h *server.Server, certs *server.Certs) {
	set, err := loadKeys(s.keyFile)
	switch {
	case err != nil:
		a.log.Error("keys not reloaded", "err", err)
	case set.Len() == 0 && s.opts.Keys.Len() > 0:
		a.log.Error("keys not reloaded: the file has none, and without keys everyone would have access; stop the server instead")
	default:
		h.SetKeys(set)
		a.log.Info("keys reloaded", "keys", set.Len())
	}
	if certs == nil {
		return
	}
	if err := certs.Reload(); err != nil {
		a.log.Error("certificate not reloaded", "err", err)
		return
	}
	a.log.Info("certificate reloaded")
}
