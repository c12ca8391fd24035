// Package server answers HTTP for a database: it translates and holds no logic
// of its own.
//
//	GET  /livez, /readyz
//	POST /v1/collections/{collection}/documents   {"documents": [{"id", "text", "metadata", "embedding"}]}
//	POST /v1/collections/{collection}/search      {"text" | "embedding", "k", "filter", "exact", "min_score"}
//
// Errors are {"error": {"code", "message"}}.
package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// maxBody bounds what a client can make the server read.
const maxBody = 32 << 20

// Options say how a server behaves. The zero value is the default.
type Options struct {
	// Logger may be nil.
	Logger *slog.Logger
}

// Server is an http.Handler for one database, which stays the caller's to close.
type Server struct {
	db    *db.DB
	log   *slog.Logger
	mux   *http.ServeMux
	ready atomic.Bool
}

// New returns a server that is ready.
func New(d *db.DB, opts *Options) *Server {
	s := &Server{db: d, mux: http.NewServeMux(), log: slog.New(slog.DiscardHandler)}
	if opts != nil && opts.Logger != nil {
		s.log = opts.Logger
	}
	s.ready.Store(true)
	s.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.HandleFunc("POST /v1/collections/{collection}/documents", s.upsert)
	s.mux.HandleFunc("POST /v1/collections/{collection}/search", s.search)
	return s
}

// Stop makes /readyz say 503, so that no new requests are sent here.
func (s *Server) Stop() { s.ready.Store(false) }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if !s.ready.Load() {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

type document struct {
	ID        string      `json:"id"`
	Text      string      `json:"text"`
	Metadata  db.Metadata `json:"metadata,omitempty"`
	Embedding []float32   `json:"embedding,omitempty"`
}

func (s *Server) upsert(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Documents []document `json:"documents"`
	}
	if !s.read(w, r, &req) {
		return
	}
	c, err := s.db.Collection(r.Context(), r.PathValue("collection"), nil)
	if err != nil {
		s.fail(w, err)
		return
	}
	docs := make([]db.Document, len(req.Documents))
	for i, d := range req.Documents {
		docs[i] = db.Document{ID: d.ID, Text: d.Text, Metadata: d.Metadata, Embedding: d.Embedding}
	}
	ids, err := c.Upsert(r.Context(), docs...)
	if err != nil {
		s.fail(w, err)
		return
	}
	s.write(w, http.StatusOK, map[string]any{"ids": ids})
}

type match struct {
	document
	Score float32 `json:"score"`
}

func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Text      string      `json:"text"`
		Embedding []float32   `json:"embedding"`
		K         int         `json:"k"`
		Filter    filter.Expr `json:"filter"`
		Exact     bool        `json:"exact"`
		MinScore  *float32    `json:"min_score"`
	}
	req.K = 10
	if !s.read(w, r, &req) {
		return
	}
	c, err := s.db.Collection(r.Context(), r.PathValue("collection"), &db.CollectionOptions{MustExist: true})
	if err != nil {
		s.fail(w, err)
		return
	}
	var t db.Trace
	matches, err := c.Search(r.Context(), db.Query{
		Text: req.Text, Embedding: req.Embedding, K: req.K, Filter: req.Filter,
		Exact: req.Exact, MinScore: req.MinScore, Trace: &t,
	})
	if err != nil {
		s.fail(w, err)
		return
	}
	out := make([]match, len(matches))
	for i, m := range matches {
		out[i] = match{document{ID: m.Document.ID, Text: m.Document.Text, Metadata: m.Document.Metadata}, m.Score}
	}
	s.write(w, http.StatusOK, map[string]any{"matches": out, "timings": map[string]int64{
		"embed": t.Embed.Microseconds(), "filter": t.Filter.Microseconds(), "graph": t.Graph.Microseconds(),
		"rerank": t.Rerank.Microseconds(), "load": t.Load.Microseconds(), "total": t.Total.Microseconds(),
	}})
}

// read decodes a body, and answers if it can't.
func (s *Server) read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		return true
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		s.reply(w, http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body has more than %d bytes", large.Limit))
		return false
	}
	s.reply(w, http.StatusBadRequest, "invalid_json", err.Error())
	return false
}

func (s *Server) write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		s.log.Debug("reply not sent", "err", err)
	}
}

func (s *Server) reply(w http.ResponseWriter, status int, code, message string) {
	s.write(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

// codes are the statuses of the database's errors; what is not here is the
// server's own fault.
var codes = []struct {
	err    error
	status int
	code   string
}{
	{db.ErrNoCollection, http.StatusNotFound, "no_collection"},
	{db.ErrNotFound, http.StatusNotFound, "not_found"},
	{db.ErrExists, http.StatusConflict, "exists"},
	{db.ErrDuplicateID, http.StatusBadRequest, "duplicate_id"},
	{db.ErrInvalidID, http.StatusBadRequest, "invalid_id"},
	{db.ErrInvalidText, http.StatusBadRequest, "invalid_text"},
	{db.ErrInvalidVector, http.StatusBadRequest, "invalid_embedding"},
	{db.ErrInvalidMetadata, http.StatusBadRequest, "invalid_metadata"},
	{db.ErrInvalidFilter, http.StatusBadRequest, "invalid_filter"},
	{db.ErrInvalidQuery, http.StatusBadRequest, "invalid_query"},
	{db.ErrInvalidName, http.StatusBadRequest, "invalid_name"},
	{db.ErrInvalidOptions, http.StatusBadRequest, "invalid_options"},
	{db.ErrNoEmbedder, http.StatusBadRequest, "no_embedder"},
	{db.ErrModelMismatch, http.StatusConflict, "model_mismatch"},
	{db.ErrBatchTooLarge, http.StatusRequestEntityTooLarge, "batch_too_large"},
	{db.ErrLimit, http.StatusConflict, "limit"},
	{db.ErrDiskFull, http.StatusInsufficientStorage, "disk_full"},
	{db.ErrReadOnly, http.StatusForbidden, "read_only"},
	{db.ErrClosed, http.StatusServiceUnavailable, "closed"},
	{context.Canceled, 499, "cancelled"},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "timeout"},
}

func (s *Server) fail(w http.ResponseWriter, err error) {
	for _, c := range codes {
		if errors.Is(err, c.err) {
			s.reply(w, c.status, c.code, err.Error())
			return
		}
	}
	s.log.Error("request failed", "err", err)
	s.reply(w, http.StatusInternalServerError, "internal", "internal error; the log says more")
}
