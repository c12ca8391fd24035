//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const heldKey = "frony_0123456789abcdefghijklmnopqrstuvwxyz"

// serveHeld runs serve --held. code gets its exit code when it ends.
func serveHeld(t *testing.T, wait string) (addr string, code <-chan int) {
	t.Helper()
	t.Setenv("FRONYDB_ADMIN_KEY", heldKey)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	out, ended := &output{}, make(chan int, 1)
	args := []string{"serve", "--json", "--held", "--held-wait", wait, "--db", filepath.Join(t.TempDir(), "db"), "--addr", "127.0.0.1:0"}
	go func() { ended <- run(ctx, args, strings.NewReader(""), out, io.Discard) }()
	out.await(t, `(?m)^(})$`)
	var ready struct{ URL string }
	if err := json.Unmarshal([]byte(out.String()), &ready); err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(ready.URL, "http://"), ended
}

// hold opens a connection to /hold and returns the status.
func hold(t *testing.T, addr, key, upgrade string) (net.Conn, int) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := fmt.Fprintf(c, "GET /hold HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", addr, key, upgrade); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return c, res.StatusCode
}

// await returns the exit code.
func awaitCode(t *testing.T, code <-chan int) int {
	t.Helper()
	select {
	case c := <-code:
		return c
	case <-time.After(20 * time.Second):
		t.Fatal("the server still runs")
		return -1
	}
}

func TestServeHeldEndsWithItsLastHolder(t *testing.T) {
	addr, code := serveHeld(t, "1m")
	if _, status := hold(t, addr, "frony_wrong", holdProtocol); status != http.StatusUnauthorized {
		t.Errorf("a wrong key: %d", status)
	}
	if _, status := hold(t, addr, heldKey, "websocket"); status != http.StatusUpgradeRequired {
		t.Errorf("another protocol: %d", status)
	}
	a, status := hold(t, addr, heldKey, holdProtocol)
	if status != http.StatusSwitchingProtocols {
		t.Fatal(status)
	}
	b, _ := hold(t, addr, heldKey, holdProtocol)
	done(t, a)
	if got := get(t, http.DefaultClient, "http://"+addr+"/v1/collections", heldKey); got != http.StatusOK {
		t.Errorf("with one of two holders: %d", got)
	}
	select {
	case c := <-code:
		t.Fatalf("it ended with a holder: exit code %d", c)
	default:
	}
	if err := b.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if c := awaitCode(t, code); c != exitOK {
		t.Errorf("exit code %d", c)
	}
	// This process, whose end would close it, goes on.
	_ = b.SetReadDeadline(time.Now())
	if _, err := b.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the last connection was closed before the process ended: %v", err)
	}
}

// done closes one side of a connection and waits for the server to close the other.
func done(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

func TestServeHeldEndsIfNobodyComes(t *testing.T) {
	_, code := serveHeld(t, "1ms")
	if c := awaitCode(t, code); c != exitOK {
		t.Errorf("exit code %d", c)
	}
}

func TestServeHeldNeedsAKey(t *testing.T) {
	t.Setenv("FRONYDB_ADMIN_KEY", "")
	var errOut bytes.Buffer
	args := []string{"serve", "--held", "--db", filepath.Join(t.TempDir(), "db"), "--addr", "127.0.0.1:0"}
	if code := run(t.Context(), args, strings.NewReader(""), io.Discard, &errOut); code != exitUsage || !strings.Contains(errOut.String(), "FRONYDB_ADMIN_KEY") {
		t.Errorf("code %d: %s", code, &errOut)
	}
}
