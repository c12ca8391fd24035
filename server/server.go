package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"github.com/klauspost/compress/gzhttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/admit"
	"github.com/fronyai/frony-db/server/compat/chroma"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
	"github.com/fronyai/frony-db/server/task"
)

// Server is an http.Handler for one database, which the caller closes after the server.
// Its methods may be called concurrently.
type Server struct {
	db    engine.DB
	embed embedder.Embedder
	opts  Options
	log   *slog.Logger

	mux     *http.ServeMux
	handler http.Handler
	api     huma.API
	spec    []byte // the API's description, made once
	oldSpec []byte // and in OpenAPI 3.0

	endpoints map[string]endpoint // all routes, by pattern

	cors                *cors
	keys                atomic.Pointer[keys.Set]
	state               atomic.Int32
	bodies, writeBodies *admit.Bodies // of searches and of writes
	answers             *admit.Budget
	searches            *admit.Queue
	writes              *admit.Queue
	rates               *admit.Rates
	replays             *admit.Replays
	tasks               *task.List
	backups             *backups // nil: the operator named no directory
	metrics             *metrics
	tracer              trace.Tracer
	tools               []tool
	chroma              *chroma.Host

	reachability reachability
	warmMu       sync.Mutex
	warm         map[string]bool // collections that Warm has opened
}

// The states of a server, as /readyz tells them.
const (
	stateLoading = iota
	stateReady
	stateStopping
)

// New returns a server for a database, such as engine.Local(d). It answers at once; /readyz returns 503
// until Warm has ended.
func New(d engine.DB, opts *Options) (*Server, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &o.Limits
	pace := admit.Pace{Rate: l.MinRate, Total: l.Receive}
	s := &Server{
		db: d, embed: o.Embedder, opts: o, log: o.Logger, mux: http.NewServeMux(),
		bodies:       admit.NewBodies(l.Body, pace, admit.NewBudget(l.InFlight)),
		writeBodies:  admit.NewBodies(l.Body, pace, admit.NewBudget(l.InFlight)),
		answers:      admit.NewBudget(l.Answers),
		rates:        admit.NewRates(l.Rate, l.Burst),
		replays:      admit.NewReplays(l.Replays, l.ReplayBytes),
		tracer:       newTracer(o.Tracer),
		warm:         map[string]bool{},
		endpoints:    map[string]endpoint{},
		reachability: reachability{of: map[string]selfQueries{}},
	}
	s.keys.Store(o.Keys)
	if s.cors, err = newCORS(o.CORSOrigins); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if s.cors.all && o.Keys.Len() == 0 {
		return nil, errors.New("server: CORSOrigins is * and there are no keys: any web page could read and write the database; name origins, or use keys")
	}
	if s.backups, err = openBackups(o.BackupDir); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s.tasks = task.New(task.Options{
		Running: l.Tasks, Ended: s.taskEnded,
		Problem: func(err error) *problem.Problem { return s.problem(context.Background(), err) },
	})
	s.metrics = newMetrics(s)
	s.chroma = s.chromaHost()
	queue := admit.QueueOptions{Waiting: l.Queue, Wait: l.Wait, Factor: l.QueueFactor, Refused: s.metrics.refused}
	queue.Slots = l.Searches
	s.searches = admit.NewQueue(queue)
	queue.Slots = l.Writes
	s.writes = admit.NewQueue(queue)
	err = s.routes()
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if s.spec, s.oldSpec, err = s.describe(); err != nil {
		return nil, fmt.Errorf("server: describe the API: %w", err)
	}
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.EnableZstd(true))
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s.handler = s.observe(s.GuardHost(compress(s.mux)))
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// HTTPServer returns an http.Server that limits the time of every phase of a
// connection.
func (s *Server) HTTPServer() *http.Server {
	l := &s.opts.Limits
	// HTTP/1 only: a refusal before the body is read closes the connection, which in
	// HTTP/2 would lose the refusal and end the requests of others beside it.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: l.Header,
		ReadTimeout:       l.Header + l.Receive,
		WriteTimeout:      l.Receive + l.Answer,
		IdleTimeout:       l.Idle,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		Protocols:         protocols,
	}
}

// Metrics serves the metrics without a key: for a port that only the operator can
// reach.
func (s *Server) Metrics() http.Handler { return s.metrics.handler() }

// SetKeys replaces the keys. Running requests keep the key they had.
func (s *Server) SetKeys(set *keys.Set) {
	s.keys.Store(set)
	names := map[string]bool{}
	for _, k := range set.Keys() {
		names[k.Name] = true
	}
	s.rates.Keep(names)
}

// Warm opens every collection, rebuilding what must be rebuilt, and then makes
// /readyz return 200. A collection that does not open is logged, and requests for it
// say why.
func (s *Server) Warm(ctx context.Context) error {
	names, err := s.names(ctx)
	if err != nil {
		return err
	}
	aliases, err := s.aliases(ctx)
	if err != nil {
		return err
	}
	if health := s.health(ctx); health != "ok" {
		s.log.Warn(health)
	}
	for _, name := range names {
		_, err := s.db.Collection(ctx, name, &db.CollectionOptions{MustExist: true})
		if err := ctx.Err(); err != nil {
			return err
		}
		if err != nil && !errors.Is(err, db.ErrNoCollection) {
			s.log.Warn("collection not opened", "collection", name, "err", err)
		}
		s.warmMu.Lock()
		s.warm[name] = true
		for _, a := range aliases {
			if a.Collection == name {
				s.warm[a.Name] = true
			}
		}
		s.warmMu.Unlock()
	}
	s.state.CompareAndSwap(stateLoading, stateReady)
	return nil
}

func (s *Server) names(ctx context.Context) (names []string, err error) {
	for info, err := range s.db.Collections(ctx) {
		if err != nil {
			return nil, err
		}
		names = append(names, info.Name)
	}
	return names, nil
}

// Stop makes /readyz return 503, so that no new requests are sent here, and cancels the
// tasks.
func (s *Server) Stop() {
	s.state.Store(stateStopping)
	s.tasks.Stop()
}

// Close cancels the tasks and waits for them.
func (s *Server) Close() error {
	s.tasks.Close()
	if s.backups == nil {
		return nil
	}
	return s.backups.root.Close()
}

// loading reports whether a collection may still be opening.
func (s *Server) loading(name string) bool {
	if s.state.Load() != stateLoading {
		return false
	}
	s.warmMu.Lock()
	defer s.warmMu.Unlock()
	return !s.warm[name]
}
