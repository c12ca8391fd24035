package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/fronyai/frony-db/server/keys"
)

// holdPath is where a process connects to keep a held server running. The request is
// an upgrade to holdProtocol, and the connection carries nothing afterwards: the
// operating system closes it when the process ends, however it ends. A process that is
// done closes its side and reads: the server closes the other side at once if others
// hold it, and else when it has closed the database.
const (
	holdPath     = "/hold"
	holdProtocol = "frony-hold"
)

// holders are the processes that use a held server. It ends with the last of them, or
// if none comes.
type holders struct {
	next http.Handler
	keys *keys.Set
	end  context.CancelFunc

	mu    sync.Mutex // guards the rest
	n     int
	ended bool
	first *time.Timer // ends the server if no process comes
	last  net.Conn    // of the last holder: the end of the process closes it
}

func newHolders(next http.Handler, set *keys.Set, wait time.Duration, end context.CancelFunc) *holders {
	h := &holders{next: next, keys: set, end: end}
	h.first = time.AfterFunc(wait, func() { h.add(0, nil) })
	return h
}

// add changes the number of holders, and ends the server when there are none. It
// reports whether the server still runs: one that ends takes no new holders.
func (h *holders) add(n int, conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	if h.n += n; h.n > 0 {
		h.first.Stop()
		return true
	}
	h.ended, h.last = true, conn
	h.end()
	return false
}

func (h *holders) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != holdPath {
		h.next.ServeHTTP(w, r)
		return
	}
	secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case h.keys.Find(secret) == nil:
		http.Error(w, "wrong key", http.StatusUnauthorized)
		return
	case r.Header.Get("Upgrade") != holdProtocol:
		http.Error(w, "want Upgrade: "+holdProtocol, http.StatusUpgradeRequired)
		return
	case !h.add(1, nil):
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		h.add(-1, nil)
		return
	}
	_ = conn.SetDeadline(time.Time{})
	if _, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+holdProtocol+"\r\n\r\n"); err == nil {
		_, _ = io.Copy(io.Discard, conn) // until the process ends or is done
	}
	if h.add(-1, conn) {
		_ = conn.Close()
	}
}
