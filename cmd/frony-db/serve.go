package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server"
)

func (a *app) serve() *cobra.Command {
	var addr string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the database over HTTP",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.runServe(c.Context(), addr) },
	}
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:7700", "loopback address to listen on")
	return c
}

func (a *app) runServe(ctx context.Context, addr string) error {
	if err := loopback(addr); err != nil {
		return err
	}
	e, err := openModel(cmp.Or(a.model, "builtin"))
	if err != nil {
		return err
	}
	d, err := db.Open(a.dir, &db.Options{Logger: a.log, Embedder: e, Progress: a.progress()})
	if err != nil {
		return err
	}
	defer a.close(d)
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	h := server.New(d, &server.Options{Logger: a.log})
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	fmt.Fprintf(a.err, "frony-db serves %s at http://%s\n", a.dir, l.Addr())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	h.Stop()
	fmt.Fprintln(a.err, "frony-db finishes what runs and stops")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := s.Shutdown(grace); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// loopback refuses addresses that others can reach: there are no keys yet.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return usageError{fmt.Errorf("--addr %q: %w", addr, err)}
	}
	ip := net.ParseIP(host)
	if host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return usageError{fmt.Errorf("--addr %s is not a loopback address, and without keys anyone there could read and write; use 127.0.0.1", addr)}
}
