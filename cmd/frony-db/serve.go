package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/server"
)

// serving holds the flags of serve.
type serving struct {
	addr, adminAddr   string
	keyFile           string
	insecure          bool
	certFile, certKey string
	connections       int
	recallSample      int
	noQuestions       bool
	checkRate         int
	cacheBytes        size
	grace             time.Duration
	held              bool
	heldWait          time.Duration
	logFormat         string
	opts              server.Options
}

func (a *app) serve() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the database over HTTP",
		Long: `serve offers the API, the console and compatible protocols over HTTP.

It listens on 127.0.0.1:7700. To accept connections from other machines, create
keys ('frony-db serve key NAME --role read') and name their file with --keys, or
set FRONYDB_ADMIN_KEY, FRONYDB_WRITE_KEY or FRONYDB_READ_KEY to a secret.

With --engine it keeps the collections in PostgreSQL with pgvector, or in OpenSearch,
instead of a directory; any number of servers may share one database. FRONYDB_ENGINE hides a
password from the command line.

With --json, it prints {"url": …, "pid": …} to standard output when it listens.

SIGHUP reloads the keys and the certificate. SIGTERM and SIGINT finish running
requests within --grace, then stop the server.`,
		Example: `  frony-db serve
  frony-db serve --addr 0.0.0.0:7700 --keys keys.txt --tls-cert cert.pem --tls-key key.pem
  frony-db serve --engine postgres://user@db.example/app`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cmp.Or(s.check(), a.checkServedEngine()); err != nil {
				return err
			}
			a.serveLog(s.logFormat)
			return a.runServe(c.Context(), &s)
		},
	}
	f := c.Flags()
	f.StringVar(&s.addr, "addr", "127.0.0.1:7700", "address to listen on; keys are required unless it is loopback")
	f.StringVar(&s.adminAddr, "admin-addr", "", "loopback address for profiles (/debug/pprof) and /metrics (default: none)")
	f.StringVar(&s.keyFile, "keys", "", "file of keys, one per line: name, role and SHA-256 sum")
	f.BoolVar(&s.insecure, "insecure", false, "allow a public address without keys")
	f.StringVar(&s.certFile, "tls-cert", "", "PEM file of the TLS certificate and its chain")
	f.StringVar(&s.certKey, "tls-key", "", "PEM file of the certificate's key")
	f.StringSliceVar(&s.opts.Hosts, "host", nil, "host name that requests may use, besides localhost and IP addresses")
	f.StringSliceVar(&s.opts.CORSOrigins, "cors-origin", nil, "origin whose web pages may use the API, such as https://app.example, or * with keys (default: none)")
	f.BoolVar(&s.opts.ReadOnly, "read-only", false, "refuse all writes, and open the database so that other processes can read it too")
	f.BoolVar(&s.opts.MCPWrites, "mcp-write", false, "allow MCP clients to upsert, update and delete; texts longer than the model's context are chunked")
	f.StringSliceVar(&s.opts.Compat, "compat", nil, "API of another database to serve too: chroma, or chroma-reset, which lets clients delete what they made with reset()")
	f.StringVar(&s.opts.BackupDir, "backup-dir", "", "directory for backups that clients start, restore and upload; created if missing (default: none, which refuses them)")
	f.IntVar(&s.connections, "max-connections", 1024, "maximum number of connections")
	f.IntVar(&s.opts.Limits.Searches, "max-searches", 0, "maximum number of concurrent searches (default: one less than the number of CPUs)")
	f.Float64Var(&s.opts.Limits.QueueFactor, "queue-factor", 0, "under sustained load, longest queue wait as a multiple of the mean request time (default 4)")
	f.Float64Var(&s.opts.Limits.Rate, "rate", 0, "maximum requests per second for each key, or in total without keys (default: no limit)")
	f.BoolVar(&s.noQuestions, "no-questions", false, "keep no sample of the questions' vectors, with which searches are tuned")
	f.IntVar(&s.recallSample, "recall-sample", 0, "repeat one search in N exactly in the background, for the metric frony_recall_at_k (default: none)")
	f.IntVar(&s.checkRate, "check-rate", 20, "self-queries per second while no search waits, for the metric frony_unreachable_documents; 0 for none")
	f.Var(&s.cacheBytes, "cache-bytes", "block cache of the store, such as 256MiB (default: none; the system's page cache only)")
	f.DurationVar(&s.grace, "grace", 15*time.Second, "time to finish running requests when stopping")
	f.BoolVar(&s.held, "held", false, "end with the last process that holds a connection to /hold, as the Python package does")
	f.DurationVar(&s.heldWait, "held-wait", 30*time.Second, "with --held, end if no process comes within this time")
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
	l := &s.opts.Limits
	for _, f := range []struct {
		flag string
		n    float64
	}{{"max-searches", float64(l.Searches)}, {"queue-factor", l.QueueFactor}, {"rate", l.Rate}, {"recall-sample", float64(s.recallSample)}} {
		if !(f.n >= 0) {
			faults = append(faults, fmt.Errorf("--%s %v: want 0 or more", f.flag, f.n))
		}
	}
	if s.checkRate < 0 {
		faults = append(faults, fmt.Errorf("--check-rate %d: want 0 or more", s.checkRate))
	}
	if (s.certFile == "") != (s.certKey == "") {
		faults = append(faults, errors.New("--tls-cert and --tls-key go together; set both"))
	}
	if s.logFormat != "text" && s.logFormat != "json" {
		faults = append(faults, fmt.Errorf("--log-format %q: want text or json", s.logFormat))
	}
	if _, err := loopback(s.addr); err != nil {
		faults = append(faults, fmt.Errorf("--addr %q: %w", s.addr, err))
	}
	if s.adminAddr != "" {
		if local, err := loopback(s.adminAddr); err != nil || !local {
			faults = append(faults, fmt.Errorf("--admin-addr %q is not a loopback address; profiles must not be public", s.adminAddr))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return usage.Wrap(err)
	}
	return nil
}

// serveLog sets up the server's log. Its default level is info, so that it has the
// requests.
func (a *app) serveLog(format string) {
	level := slog.LevelInfo
	if a.from["log-level"] != byDefault {
		_ = level.UnmarshalText([]byte(a.logLevel)) // startLog has checked it
	}
	o := &slog.HandlerOptions{Level: level}
	if format == "json" {
		o.ReplaceAttr = durationUnit
		a.logTo(slog.NewJSONHandler(a.err, o))
		return
	}
	a.logTo(slog.NewTextHandler(a.err, o))
}

// durationUnit gives a duration in JSON, which would be a bare number, its unit.
func durationUnit(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindDuration {
		return a
	}
	return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1000)
}

// say prints a message to the terminal, or logs it if the log is JSON.
func (s *serving) say(a *app, format string, args ...any) {
	if s.logFormat == "json" {
		a.log.Info(fmt.Sprintf(format, args...))
		return
	}
	fmt.Fprintf(a.err, format+"\n", args...)
}

// loopback reports whether an address accepts only local connections.
func loopback(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, err
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}
