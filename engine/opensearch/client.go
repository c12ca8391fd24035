package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/fronyai/frony-db/db"
)

// client speaks HTTP to the nodes of a cluster. Its methods may be called concurrently.
//
// It is not the vendor's client, because what a lost answer means is decided here: a read
// is sent again, a write is reported as unknown, and its caller looks what became of it.
type client struct {
	set    *settings
	http   *http.Client
	nodes  []*node
	next   atomic.Uint32
	closed atomic.Bool
}

// node is a server, and until when it is left alone after a failure.
type node struct {
	url  string
	down atomic.Int64 // Unix nanoseconds
}

const downFor = 2 * time.Second

func newClient(set *settings) *client {
	c := &client{set: set}
	c.http = &http.Client{Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: min(3*time.Second, set.timeout)}).DialContext,
		TLSClientConfig:     set.tls,
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     time.Minute,
	}}
	for _, u := range set.nodes {
		c.nodes = append(c.nodes, &node{url: u})
	}
	c.next.Store(rand.Uint32())
	return c
}

func (c *client) close() {
	c.closed.Store(true)
	c.http.CloseIdleConnections()
}

// pick returns the next node that has not just failed, or the next.
func (c *client) pick() *node {
	now := time.Now().UnixNano()
	var n *node
	for range c.nodes {
		n = c.nodes[int(c.next.Add(1))%len(c.nodes)]
		if n.down.Load() < now {
			return n
		}
	}
	return n
}

type pinning struct{}

// pinned makes all requests with the context go to one node, and searches to primary
// shards. If a refresh there succeeds, the node is not cut off, and what it reads next is
// no old copy: primaries that were replaced while they were stopped do not know it, but
// their replicas refuse their refresh.
func (c *client) pinned(ctx context.Context) context.Context {
	return context.WithValue(ctx, pinning{}, c.pick())
}

func isPinned(ctx context.Context) bool { return ctx.Value(pinning{}) != nil }

// call is a request. A write may not be sent again when it is unknown whether it was
// done.
type call struct {
	method, path string
	body         []byte
	lines        bool // the body is lines of JSON
	write        bool
}

// errUnknown is returned for a write that may have been done.
var errUnknown = errors.New("the answer was lost")

// backoff waits before an attempt, longer each time, and not as long as others wait.
func backoff(ctx context.Context, attempt int) error {
	most := min(time.Second, 10*time.Millisecond<<min(attempt, 10))
	t := time.NewTimer(most/2 + rand.N(most/2))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// patience is how many times an attempt's time an operation goes on.
const patience = 3

// limited bounds the time of an operation.
func (c *client) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience*c.set.timeout)
}

// do sends a request until it is answered, and decodes the answer. The error of an answer
// that is none of success is a *refusal.
func (c *client) do(ctx context.Context, r call, out any) error {
	limited, cancel := c.limited(ctx)
	defer cancel()
	for attempt := 0; ; attempt++ {
		if c.closed.Load() {
			return db.ErrClosed
		}
		body, err := c.once(limited, r)
		if err == nil {
			if out == nil {
				return nil
			}
			if err := json.Unmarshal(body, out); err != nil {
				return fmt.Errorf("answer of OpenSearch to %s %s: %w", r.method, r.path, err)
			}
			return nil
		}
		if c.closed.Load() {
			return db.ErrClosed
		}
		if !again(err, r.write) {
			if _, ok := errors.AsType[*refusal](err); r.write && (!ok || unsure(err)) && !unsent(err) {
				return fmt.Errorf("%w: %w", errUnknown, err)
			}
			return err
		}
		if _, ok := errors.AsType[*refusal](err); !ok && isPinned(ctx) {
			return err // there is no other node
		}
		if backoff(limited, attempt) != nil {
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return err
		}
	}
}

// once sends a request to a node.
func (c *client) once(ctx context.Context, r call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.set.timeout)
	defer cancel()
	n, ok := ctx.Value(pinning{}).(*node)
	if !ok {
		n = c.pick()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, n.url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // a write is not sent again behind our back
	if len(r.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.lines {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	if c.set.user != "" {
		req.SetBasicAuth(c.set.user, c.set.password)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, n.failed(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, n.failed(err)
	}
	if res.StatusCode >= 300 {
		return nil, refused(res.StatusCode, body)
	}
	return body, nil
}

// failed leaves a node alone that did not answer.
func (n *node) failed(err error) error {
	n.down.Store(time.Now().Add(downFor).UnixNano())
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address of the endpoint
	}
	return fmt.Errorf("%w from OpenSearch: %w", errTransport, err)
}

// unsent reports whether a request never reached a server.
func unsent(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial"
}

// unsure reports whether a refusal leaves open what was done.
func unsure(err error) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.status >= 500
}

// errTransport is returned for a request that was not answered.
var errTransport = errors.New("no answer")

// transient reports whether an operation that failed may succeed when it is tried again.
func transient(err error) bool {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status == http.StatusTooManyRequests || r.status >= 500 && r.kind != "illegal_argument_exception"
	}
	return errors.Is(err, errTransport)
}

// again reports whether a request that failed may be sent again.
func again(err error, write bool) bool {
	if !write {
		return transient(err)
	}
	r, ok := errors.AsType[*refusal](err)
	return ok && r.status == http.StatusTooManyRequests || unsent(err)
}
