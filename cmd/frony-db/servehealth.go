package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// serveHealth asks a local server whether it is ready, for container images without
// another HTTP client.
func (a *app) serveHealth() *cobra.Command {
	var addr string
	var secure bool
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask a local server whether it is ready",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			host, port, err := net.SplitHostPort(cmp.Or(addr, os.Getenv("FRONYDB_ADDR"), "127.0.0.1:7700"))
			if err != nil {
				return usage.Errorf("--addr: %w", err)
			}
			if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
				host = "127.0.0.1"
			}
			scheme := "http"
			if secure {
				scheme = "https"
			}
			return health(c.Context(), scheme+"://"+net.JoinHostPort(host, port)+"/readyz")
		},
	}
	c.Flags().StringVar(&addr, "addr", "", "address that the server listens on")
	c.Flags().BoolVar(&secure, "tls", false, "the server uses TLS")
	return c
}

func health(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	// The certificate need not be verified: the server is on this machine, nothing is
	// sent, and only the status is read.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s", res.Status)
	}
	return nil
}
