package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/netutil"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server"
)

// serving is what the flags of serve say.
type serving struct {
	addr, adminAddr   string
	keyFile           string
	insecure          bool
	certFile, certKey string
	connections       int
	recallSample      int
	checkRate         int
	cacheBytes        size
	grace             time.Duration
	logFormat         string
	opts              server.Options
}

func (a *app) serve() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the database over HTTP",
		Long: `Serve the API, the console and compatible protocols over HTTP.

It listens on 127.0.0.1:7700. To listen where others can reach it, make keys
('frony-db serve key NAME --role read') and name their file with --keys, or set
FRONYDB_ADMIN_KEY, FRONYDB_WRITE_KEY or FRONYDB_READ_KEY to a secret.

SIGHUP reads the keys and the certificate again. SIGTERM and SIGINT finish what
runs, within --grace, and stop.`,
		Example: `  frony-db serve
  frony-db serve --addr 0.0.0.0:7700 --keys keys.txt --tls-cert cert.pem --tls-key key.pem`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := s.check(); err != nil {
				return err
			}
			a.serveLog(s.logFormat)
			return a.runServe(c.Context(), &s)
		},
	}
	f := c.Flags()
	f.StringVar(&s.addr, "addr", "127.0.0.1:7700", "address to listen on; others than loopback need keys")
	f.StringVar(&s.adminAddr, "admin-addr", "", "loopback address for profiles (/debug/pprof) and /metrics; none by default")
	f.StringVar(&s.keyFile, "keys", "", "file of keys: name, role and sha256 sum a line")
	f.BoolVar(&s.insecure, "insecure", false, "listen without keys where others can reach it")
	f.StringVar(&s.certFile, "tls-cert", "", "file of the TLS certificate and its chain (PEM)")
	f.StringVar(&s.certKey, "tls-key", "", "file of the certificate's key (PEM)")
	f.StringSliceVar(&s.opts.Hosts, "host", nil, "name that requests may use for this server, besides localhost and addresses")
	f.BoolVar(&s.opts.ReadOnly, "read-only", false, "refuse everything that writes")
	f.BoolVar(&s.opts.MCPWrites, "mcp-write", false, "allow MCP clients to upsert and delete; texts longer than the model's context are chunked")
	f.IntVar(&s.connections, "max-connections", 1024, "connections at one time")
	f.IntVar(&s.opts.Limits.Searches, "max-searches", 0, "searches that run at one time (default: one less than CPUs)")
	f.Float64Var(&s.opts.Limits.Patience, "queue-factor", 0, "under sustained load, longest queue wait as a multiple of the mean request time (default 4)")
	f.Float64Var(&s.opts.Limits.Rate, "rate", 0, "requests per second of one key, or of all without keys (default: no limit)")
	f.IntVar(&s.recallSample, "recall-sample", 0, "answer one search in N again, exactly, in the background, for the metric frony_recall_at_k (default: none)")
	f.IntVar(&s.checkRate, "check-rate", 20, "documents a second that are searched by their own vectors while no search waits, for the metric frony_unreachable_documents; 0 for none")
	f.Var(&s.cacheBytes, "cache-bytes", "cache of the store's blocks, such as 256MiB (default: none, the system's page cache alone)")
	f.DurationVar(&s.grace, "grace", 15*time.Second, "time to finish what runs when stopping")
	f.StringVar(&s.logFormat, "log-format", "text", "text or json")
	c.AddCommand(a.serveKey(), a.serveHealth())
	return c
}

// check reports every fault of the flags.
func (s *serving) check() error {
	var faults []error
	if s.connections < 1 {
		faults = append(faults, fmt.Errorf("--max-connections %d: want at least 1", s.connections))
	}
	if s.checkRate < 0 {
		faults = append(faults, fmt.Errorf("--check-rate %d: want 0 or more", s.checkRate))
	}
	if (s.certFile == "") != (s.certKey == "") {
		faults = append(faults, errors.New("--tls-cert and --tls-key go together"))
	}
	if s.logFormat != "text" && s.logFormat != "json" {
		faults = append(faults, fmt.Errorf("--log-format %q: want text or json", s.logFormat))
	}
	if _, err := loopback(s.addr); err != nil {
		faults = append(faults, fmt.Errorf("--addr %q: %w", s.addr, err))
	}
	if s.adminAddr != "" {
		if local, err := loopback(s.adminAddr); err != nil || !local {
			faults = append(faults, fmt.Errorf("--admin-addr %q is not a loopback address: profiles are for this machine alone", s.adminAddr))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return usage.Wrap(err)
	}
	return nil
}

// serveLog is the log of a server: it says what is asked of it unless it is
// told to be quieter.
func (a *app) serveLog(format string) {
	level := slog.LevelInfo
	if a.from["log-level"] != byDefault {
		_ = level.UnmarshalText([]byte(a.logLevel)) // checked when the program began
	}
	o := &slog.HandlerOptions{Level: level}
	if format == "json" {
		a.logTo(slog.NewJSONHandler(a.err, o))
		return
	}
	a.logTo(slog.NewTextHandler(a.err, o))
}

// say tells the person at the terminal, or as a line of JSON whoever reads the
// log by program.
func (s *serving) say(a *app, format string, args ...any) {
	if s.logFormat == "json" {
		a.log.Info(fmt.Sprintf(format, args...))
		return
	}
	fmt.Fprintf(a.err, format+"\n", args...)
}

func (a *app) runServe(ctx context.Context, s *serving) error {
	set, err := loadKeys(s.keyFile)
	if err != nil {
		return err
	}
	if local, _ := loopback(s.addr); !local && set.Len() == 0 && !s.insecure {
		return usage.Errorf("--addr %s can be reached by others, and without keys anyone there could read and write; "+
			"name a file of keys with --keys, or say --insecure", s.addr)
	}
	e, err := a.servedModel(ctx)
	if err != nil {
		return err
	}
	var h *server.Server
	d, err := db.Open(a.dir, &db.Options{
		Logger: a.log, Embedder: e, Progress: a.progress(), RecallSample: s.recallSample, CacheBytes: int64(s.cacheBytes),
		// Nothing is searched before the server is there.
		OnRecall: func(collection string, k int, recall float64) { h.ObserveRecall(collection, k, recall) },
	})
	if err != nil {
		return err
	}
	defer a.close(d)
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
		a.log.Warn("there are no keys: whoever reaches the address can read and write", "addr", l.Addr())
	}
	scheme := "http"
	if certs != nil {
		scheme = "https"
	}
	s.say(a, "frony-db serves %s at %s://%s", a.dir, scheme, l.Addr())
	return a.serveUntilDone(ctx, s, h, l, certs)
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
	if err != nil {
		return nil, nil, fmt.Errorf("serve: %w", err)
	}
	l = netutil.LimitListener(l, s.connections)
	if certs != nil {
		l = tls.NewListener(l, certs.Config())
	}
	return l, certs, nil
}

// serveUntilDone serves until the context ends, and then finishes what runs.
func (a *app) serveUntilDone(ctx context.Context, s *serving, h *server.Server, l net.Listener, certs *server.Certs) error {
	hs := h.HTTPServer()
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
	s.say(a, "frony-db finishes what runs and stops")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	if err := hs.Shutdown(grace); err != nil {
		a.log.Warn("some requests did not end in time", "err", err)
		_ = hs.Close()
	}
	stopBackground()
	background.Wait()
	return nil
}

// reload reads keys and certificate again. What can't be read stays as it was:
// a typing error must not open the server, nor close it.
func (a *app) reload(s *serving, h *server.Server, certs *server.Certs) {
	set, err := loadKeys(s.keyFile)
	switch {
	case err != nil:
		a.log.Error("keys not reloaded", "err", err)
	case set.Len() == 0 && s.opts.Keys.Len() > 0:
		a.log.Error("keys not reloaded: there are none left, and without keys everything is open; stop the server instead")
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

// serveAdmin serves what is for the operator alone.
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

// loopback reports whether only this machine can reach an address.
func loopback(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, err
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}
