package server

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/server/keys"
)

// Options say how a server behaves. The zero value is the default.
type Options struct {
	// Embedder serves the embedding endpoints; if nil they are disabled. It should
	// be the database's.
	Embedder embedder.Embedder
	// Keys, if there are any, are required of every request except those for health
	// and the console's page. Server.SetKeys replaces them later.
	Keys *keys.Set
	// Hosts are the names that a request's Host header may have. If empty, any name
	// is accepted with keys, and without keys only localhost and IP addresses. So a
	// web page that points its own name at this server is refused: it has no key,
	// or the name gives it away.
	Hosts []string
	// CORSOrigins are the origins, such as https://app.example, whose web pages may use
	// the API; * is all of them, which needs keys. Credentials of the browser are never
	// allowed: pages send a key in a header. Empty means none.
	CORSOrigins []string
	// ReadOnly refuses all writes.
	ReadOnly bool
	// MCPWrites gives MCP clients whose key may write the tools upsert, update and
	// delete.
	MCPWrites bool
	// Compat are the APIs of other databases that are served too: CompatChroma, and
	// CompatChromaReset.
	Compat []string
	// BackupDir is the directory for backups of tasks and of clients that upload them.
	// It is created if it is missing. Empty means none: backups and restores are
	// refused.
	BackupDir string
	// Version is the version that /meta, /info and the API's description state.
	Version string
	// Limits bounds what one client may ask for. Zero fields are the defaults.
	Limits Limits
	// Tracer makes a span for each request and each stage of its work, within the
	// trace that the request names (W3C traceparent). Nil makes none.
	Tracer trace.TracerProvider
	// Logger receives one record per request, and failures. Nil is silent.
	Logger *slog.Logger
}

// The APIs of other databases.
const (
	// CompatChroma is Chroma's HTTP API under /api/v2.
	CompatChroma = "chroma"
	// CompatChromaReset is CompatChroma with POST /api/v2/reset, which deletes all
	// collections that were made through it.
	CompatChromaReset = "chroma-reset"
)

// speaks reports whether an API of another database is served.
func (o *Options) speaks(api string) bool {
	return slices.Contains(o.Compat, api) || api == CompatChroma && slices.Contains(o.Compat, CompatChromaReset)
}

// Limits bounds what one client may ask for. Every limit has an error that names
// it.
type Limits struct {
	Body             int64 // bytes of a body, decompressed; default 32 MiB
	InFlight         int64 // bytes of all bodies of searches at one time, and as many of writes, half of it for one client; default 256 MiB
	AnswerBytes      int64 // bytes of an answer; default 32 MiB
	Answers          int64 // bytes of all answers at one time, half of it for one client; default 128 MiB
	MinRate          int64 // bytes per second that a client must send of a body or take of an answer; default 8 KiB
	Line             int   // bytes of a line of an upload; default 4 MiB
	Batch            int   // documents, or ids, in a request; default 1,000
	Inputs           int   // texts in a request to embed; default 2,048
	Queries          int   // queries in a batch; default 64
	K                int   // results of a search; default 1,000
	EfSearch         int   // beam width of a search; default 2,000
	Oversampling     int   // candidates per result; default 50
	Text             int   // bytes of a text; default 256 KiB
	FilterDepth      int   // nesting of a filter; default 16
	FilterConditions int   // conditions of a filter; default 256

	// Searches is the number of searches, and of requests to embed, that run at one
	// time. The default is the number of CPUs less one, which accepts and refuses
	// requests. With a model behind a network it may be higher: waiting takes no CPU.
	Searches int
	Writes   int           // writes that run at one time; default 32
	Tasks    int           // maintenance tasks that run at one time; default 2
	Queue    int           // requests that wait, of each kind; default 64
	Wait     time.Duration // the longest wait in a burst, before 503; default 1 s
	// QueueFactor is the longest wait under sustained load, as a multiple of the
	// mean time that a request takes; default 4. More lets more clients in, and
	// answers all of them later.
	QueueFactor float64

	Rate  float64 // requests per second of one key, or in all without keys; default 0, no limit
	Burst int     // requests at once within the rate; default twice the rate

	Header  time.Duration // to send the header; default 5 s
	Receive time.Duration // to send the body, or a line of an upload; default 30 s
	Answer  time.Duration // to work, and again to take the answer; default 60 s
	Idle    time.Duration // between requests of a connection; default 2 min

	Replays     int   // answers kept for Idempotency-Key; default 10,000
	ReplayBytes int64 // bytes of answers kept; default 16 MiB
}

// withDefaults returns a copy with the defaults filled in, and reports all faults at
// once.
func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	l := &c.Limits
	var faults []error
	for _, api := range c.Compat {
		if api != CompatChroma && api != CompatChromaReset {
			faults = append(faults, fmt.Errorf("the option Compat has %q, want %s or %s", api, CompatChroma, CompatChromaReset))
		}
	}
	for _, f := range []struct {
		name string
		p    *int
		def  int
	}{
		{"Line", &l.Line, 4 << 20},
		{"Batch", &l.Batch, 1000},
		{"Inputs", &l.Inputs, 2048},
		{"Queries", &l.Queries, 64},
		{"K", &l.K, 1000},
		{"EfSearch", &l.EfSearch, 2000},
		{"Oversampling", &l.Oversampling, 50},
		{"Text", &l.Text, 256 << 10},
		{"FilterDepth", &l.FilterDepth, 16},
		{"FilterConditions", &l.FilterConditions, 256},
		{"Searches", &l.Searches, max(1, runtime.GOMAXPROCS(0)-1)},
		{"Writes", &l.Writes, 32},
		{"Tasks", &l.Tasks, 2},
		{"Queue", &l.Queue, 64},
		{"Burst", &l.Burst, max(1, int(2*l.Rate))},
		{"Replays", &l.Replays, 10_000},
	} {
		if *f.p < 0 {
			faults = append(faults, fmt.Errorf("%s is %d, want at least 0", f.name, *f.p))
		}
		*f.p = cmp.Or(*f.p, f.def)
	}
	l.QueueFactor = cmp.Or(l.QueueFactor, 4)
	l.Body = cmp.Or(l.Body, 32<<20)
	l.InFlight = cmp.Or(l.InFlight, max(256<<20, 2*l.Body))
	l.AnswerBytes = cmp.Or(l.AnswerBytes, 32<<20)
	l.Answers = cmp.Or(l.Answers, max(128<<20, 2*l.AnswerBytes))
	l.MinRate = cmp.Or(l.MinRate, 8<<10)
	l.ReplayBytes = cmp.Or(l.ReplayBytes, 16<<20)
	for _, f := range []struct {
		name string
		p    *time.Duration
		def  time.Duration
	}{
		{"Wait", &l.Wait, time.Second},
		{"Header", &l.Header, 5 * time.Second},
		{"Receive", &l.Receive, 30 * time.Second},
		{"Answer", &l.Answer, time.Minute},
		{"Idle", &l.Idle, 2 * time.Minute},
	} {
		if *f.p < 0 {
			faults = append(faults, fmt.Errorf("%s is %s, want at least 0", f.name, *f.p))
		}
		*f.p = cmp.Or(*f.p, f.def)
	}
	if l.Body < 0 || l.AnswerBytes < 0 || l.ReplayBytes < 0 || l.MinRate < 0 || l.Rate < 0 || l.QueueFactor < 0 {
		faults = append(faults, errors.New("limits of bytes, Rate, MinRate and QueueFactor must be at least 0"))
	}
	if l.InFlight < 2*l.Body || l.Answers < 2*l.AnswerBytes {
		faults = append(faults, fmt.Errorf("InFlight (%d) must be at least twice Body (%d), and Answers (%d) twice AnswerBytes (%d): one client may use half",
			l.InFlight, l.Body, l.Answers, l.AnswerBytes))
	}
	c.Version = cmp.Or(c.Version, "devel")
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if err := errors.Join(faults...); err != nil {
		return Options{}, fmt.Errorf("server options: %w", err)
	}
	return c, nil
}
