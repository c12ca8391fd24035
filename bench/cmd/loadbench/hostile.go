package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// hostility is a way to take a server's slots, memory or connections from others.
type hostility struct {
	name string
	// act does it once on a fresh connection, and returns when that is closed.
	act func(c net.Conn)
}

// large asks for more than sockets hold: a thousand results with embeddings.
var large = request(`{"text":"the","k":1000,"fields":["text","metadata","embedding"]}`)

func request(body string) string {
	return fmt.Sprintf("POST /v1/collections/bench/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

var hostilities = []hostility{
	{"answers that are not read", func(c net.Conn) {
		_ = c.(*net.TCPConn).SetReadBuffer(4096)
		_, _ = io.WriteString(c, large)
		// The server must end this: there is nothing to read meanwhile.
		for _, err := io.WriteString(c, ""); err == nil; _, err = io.WriteString(c, "\r\n") {
			time.Sleep(100 * time.Millisecond)
		}
	}},
	{"bodies that are claimed and not sent", func(c net.Conn) {
		_, _ = io.WriteString(c, "POST /v1/collections/bench/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 33554432\r\n\r\n{")
		_, _ = io.Copy(io.Discard, c)
	}},
	{"HTTP/2 by prior knowledge", func(c net.Conn) {
		// The preface and an empty SETTINGS frame.
		_, _ = io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		_, _ = io.Copy(io.Discard, c)
	}},
	{"a thousand results with embeddings, over and over", func(c net.Conn) {
		go func() {
			for {
				if _, err := io.WriteString(c, large); err != nil {
					return
				}
			}
		}()
		_, _ = io.Copy(io.Discard, c)
	}},
}

// hostile is what one ordinary client sees beside hostile ones.
type hostile struct {
	Kind    string  `json:"kind"`
	Clients int     `json:"clients"`
	Share   float64 `json:"share"` // of the ordinary client's requests that were answered
	Result  *result `json:"result"`
	RSS     []int64 `json:"rss_mib"`
}

// attacked measures an ordinary client alone, and beside hostile ones of every kind. Each
// measurement has a server of its own.
func (s *settings) attacked(ctx context.Context, r *report, dir string, asked []question) error {
	phases := []hostile{{Kind: "none"}}
	for _, h := range hostilities {
		for _, n := range s.hostile {
			phases = append(phases, hostile{Kind: h.name, Clients: n})
		}
	}
	for _, phase := range phases {
		if err := s.phase(ctx, &phase, dir, asked); err != nil {
			return err
		}
		r.Hostile = append(r.Hostile, phase)
	}
	return nil
}

func (s *settings) phase(ctx context.Context, phase *hostile, dir string, asked []question) error {
	p, err := serve(ctx, s.bin, dir, s.flags...)
	if err != nil {
		return err
	}
	defer p.stop()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for _, h := range hostilities {
		for range phase.Clients {
			if h.name == phase.Kind {
				wg.Go(func() { attack(ctx, p.addr, h) })
			}
		}
	}
	time.Sleep(s.time / 10) // let them in
	phase.Result = &result{Clients: 1}
	unwatch := p.watch(&phase.RSS)
	s.loop(1, s.time, 1, asked, phase.Result, func(uint64) (asker, error) { return dial(p.addr) })
	unwatch()
	phase.Result.finish()
	all := phase.Result.Answered + phase.Result.Refused + phase.Result.Failed
	phase.Share = float64(phase.Result.Answered) / float64(max(1, all))
	return nil
}

// attack does it again and again until ctx ends.
func attack(ctx context.Context, addr string, h hostility) {
	for ctx.Err() == nil {
		// From another address than the ordinary client, as the server tells them apart.
		// Linux has all of 127.0.0.0/8.
		from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}
		c, err := (&net.Dialer{LocalAddr: from}).DialContext(ctx, "tcp", addr)
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		stop := context.AfterFunc(ctx, func() { _ = c.Close() })
		h.act(c)
		stop()
		_ = c.Close()
		time.Sleep(10 * time.Millisecond) // or this process would be the hostile one
	}
}

// attacks is the table of what ordinary clients see.
func (r *report) attacks() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nOne ordinary client beside hostile ones, with the default limits:\n\n| hostile clients | | answered | searches/s | p50 ms | p99 ms | slowest ms | resident MiB |\n| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for _, h := range r.Hostile {
		fmt.Fprintf(&b, "| %d | %s | %.1f %% | %.0f | %.1f | %.1f | %.0f | %d |\n", h.Clients, h.Kind, 100*h.Share, h.Result.PerSecond,
			ms(h.Result.P50), ms(h.Result.P99), ms(quantile(h.Result.took, 1)), slices.Max(h.RSS))
		if h.Result.Failed > 0 {
			fmt.Fprintf(&b, "\n**%d failed, such as: %s**\n\n", h.Result.Failed, h.Result.Failure)
		}
	}
	return b.String()
}
