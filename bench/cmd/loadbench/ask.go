package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db"
)

// outcome is the outcome of one query.
type outcome struct {
	refused      bool
	ids          []string
	embed, total time.Duration // as the search itself says
}

// asker sends one query after the other.
type asker interface {
	ask(text string) (outcome, error)
}

// loop runs n clients for a time, and adds their outcomes to a result. Time for
// connecting is not counted.
func (s *settings) loop(n int, d time.Duration, seed uint64, asked []question, r *result, connect func(seed uint64) (asker, error)) {
	var mu sync.Mutex // guards r
	var wg sync.WaitGroup
	clients := make([]asker, n)
	for i := range clients {
		var err error
		if clients[i], err = connect(seed); err != nil {
			r.fail(err)
			return
		}
	}
	began := time.Now()
	end := began.Add(d)
	for i, a := range clients {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			var own result
			for a != nil && time.Now().Before(end) {
				q := &asked[rng.IntN(len(asked))]
				start := time.Now()
				o, err := a.ask(q.text)
				took := time.Since(start)
				switch {
				case err != nil:
					own.fail(err)
					time.Sleep(100 * time.Millisecond) // do not spin if the server is gone
					if a, err = connect(seed); err != nil {
						own.fail(err)
						a = nil
					}
				case o.refused:
					own.refused = append(own.refused, took)
					time.Sleep(s.backoff/2 + time.Duration(rng.Int64N(int64(s.backoff)+1)))
				case q.ids != nil && !slices.Equal(o.ids, q.ids):
					own.fail(fmt.Errorf("%q found %v, want %v", q.text, o.ids, q.ids))
				default:
					own.took = append(own.took, took)
					own.embed += o.embed
					own.search += o.total
				}
			}
			mu.Lock()
			defer mu.Unlock()
			r.add(&own)
		})
	}
	wg.Wait()
	r.Wall += time.Since(began)
	for _, a := range clients {
		if c, ok := a.(io.Closer); ok {
			_ = c.Close()
		}
	}
}

// inProcess calls the library.
type inProcess struct {
	ctx context.Context //nolint:containedctx // of the program
	c   *db.Collection
}

func (p inProcess) ask(text string) (o outcome, err error) {
	var t db.Trace
	matches, err := p.c.Search(p.ctx, db.Query{Text: text, K: k, Trace: &t})
	for _, m := range matches {
		o.ids = append(o.ids, m.Document.ID)
	}
	o.embed, o.total = t.Embed, t.Total
	return o, err
}

// overHTTP is one connection. It writes and reads HTTP itself where it can, because the
// client's CPU time is taken from the server's machine.
type overHTTP struct {
	net.Conn
	in  *bufio.Reader
	out bytes.Buffer
}

func dial(addr string) (asker, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &overHTTP{Conn: c, in: bufio.NewReaderSize(c, 16<<10)}, nil
}

func (c *overHTTP) ask(text string) (o outcome, err error) {
	body, err := json.Marshal(map[string]any{"text": text, "k": k})
	if err != nil {
		return o, err
	}
	c.out.Reset()
	fmt.Fprintf(&c.out, "POST /v1/collections/bench/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	c.out.Write(body)
	if _, err := c.Write(c.out.Bytes()); err != nil {
		return o, err
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return o, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return o, err
	case res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == http.StatusTooManyRequests:
		return outcome{refused: true}, nil
	case res.StatusCode != http.StatusOK:
		return o, fmt.Errorf("%d %s", res.StatusCode, b)
	}
	// Read the figures without decoding the whole response.
	for rest := b; ; {
		_, after, ok := bytes.Cut(rest, []byte(`"id":"`))
		if !ok {
			break
		}
		id, after, ok := bytes.Cut(after, []byte(`"`))
		if !ok {
			return o, fmt.Errorf("the response ends within an id: %q", b)
		}
		o.ids, rest = append(o.ids, string(id)), after
	}
	o.embed, o.total = micros(b, `"embed":`), micros(b, `"total":`)
	return o, nil
}

// micros reads the number after a name.
func micros(b []byte, name string) time.Duration {
	_, after, _ := bytes.Cut(b, []byte(name))
	n := time.Duration(0)
	for _, d := range after {
		if d < '0' || d > '9' {
			break
		}
		n = 10*n + time.Duration(d-'0')
	}
	return n * time.Microsecond
}
