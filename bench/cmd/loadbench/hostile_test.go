package main

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Every hostile client does what its name says, ends when its connection does, and comes
// again.
func TestAttack(t *testing.T) {
	for _, h := range hostilities {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { attack(ctx, l.Addr().String(), h); close(ended) }()
		for range 2 {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(20 * time.Second))
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil || r.Method != http.MethodPost && r.Method != "PRI" {
				t.Errorf("%s: %v %v", h.name, r, err)
			}
			if claims := strings.Contains(h.name, "claimed"); err == nil && claims != (r.ContentLength == 32<<20) {
				t.Errorf("%s claims %d bytes", h.name, r.ContentLength)
			}
			_ = c.Close()
		}
		cancel()
		<-ended
		_ = l.Close()
	}
}
