package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
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
	f.Float64Var(&s.opts.Limits.QueueFactor, "queue-factor", 0, "under sustained load, longest queue wait as a multiple of the mean request time (default 4)")
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

// loopback reports whether only this machine can reach an address.
func loopback(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, err
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}
