package admit

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"maps"
	"net/http"
	"sync"

	"github.com/fronyai/frony-db/server/problem"
)

// maxReplayKey is the longest Idempotency-Key in bytes.
const maxReplayKey = 256

// Replays remembers the answers to writes that had an Idempotency-Key, so that a
// client that did not receive an answer can ask again without writing twice
// (draft-ietf-httpapi-idempotency-key-header). It keeps them in memory, within a
// number of answers and of bytes, and forgets the oldest first.
type Replays struct {
	max      int
	maxBytes int64

	mu    sync.Mutex // guards what follows, and the answers' fields
	by    map[[sha256.Size]byte]*list.Element
	order *list.List // of *replay, oldest first
	bytes int64
}

type replay struct {
	id     [sha256.Size]byte
	body   [sha256.Size]byte // of the request
	done   bool
	status int
	header http.Header
	sent   []byte
}

// NewReplays keeps so many answers and bytes.
func NewReplays(n int, bytes int64) *Replays {
	return &Replays{max: n, maxBytes: bytes, by: map[[sha256.Size]byte]*list.Element{}, order: list.New()}
}

// Serve runs the handler, or repeats what it answered to the same request of the
// same client before.
func (t *Replays) Serve(w http.ResponseWriter, r *http.Request, client string, body []byte, next http.Handler) *problem.Problem {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxReplayKey {
		return problem.Refuse(http.StatusBadRequest, "invalid_request", "the Idempotency-Key has more than %d bytes", maxReplayKey).
			At("header.Idempotency-Key")
	}
	id := sha256.Sum256([]byte(client + "\x00" + r.Method + "\x00" + r.URL.RequestURI() + "\x00" + key))
	known, p := t.begin(id, sha256.Sum256(body))
	switch {
	case p != nil:
		return p
	case known != nil:
		maps.Copy(w.Header(), known.header)
		w.Header().Set("Idempotency-Replayed", "true")
		w.WriteHeader(known.status)
		_, _ = w.Write(known.sent)
		return nil
	}
	var c *captured
	defer func() { t.finish(id, c) }() // also after a panic, then with nothing
	made := &captured{header: http.Header{}}
	next.ServeHTTP(made, r)
	c = made
	maps.Copy(w.Header(), c.header)
	w.WriteHeader(c.code())
	_, _ = w.Write(c.buf.Bytes())
	return nil
}

// begin returns the answer that is known, or nil if the caller is to make it.
func (t *Replays) begin(id, body [sha256.Size]byte) (*replay, *problem.Problem) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.by[id]; e != nil {
		a := e.Value.(*replay)
		switch {
		case a.body != body:
			return nil, problem.Refuse(http.StatusUnprocessableEntity, "idempotency_mismatch", "this Idempotency-Key was used for another body").
				Hint("make a new key for each write")
		case !a.done:
			return nil, problem.Refuse(http.StatusConflict, "idempotency_running", "the first request with this Idempotency-Key is still running").After(1)
		}
		return a, nil
	}
	t.by[id] = t.order.PushBack(&replay{id: id, body: body})
	for e := t.order.Front(); e != nil && (t.order.Len() > t.max || t.bytes > t.maxBytes); {
		next := e.Next()
		if e.Value.(*replay).done {
			t.remove(e)
		}
		e = next
	}
	return nil, nil
}

// finish keeps an answer, or forgets the request if there is none to keep.
func (t *Replays) finish(id [sha256.Size]byte, c *captured) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.by[id]
	if c == nil || c.status/100 != 2 || int64(c.buf.Len()) > t.maxBytes/16 {
		t.remove(e)
		return
	}
	a := e.Value.(*replay)
	a.done, a.status, a.header, a.sent = true, c.status, c.header, c.buf.Bytes()
	t.bytes += int64(len(a.sent))
}

func (t *Replays) remove(e *list.Element) {
	a := t.order.Remove(e).(*replay)
	t.bytes -= int64(len(a.sent))
	delete(t.by, a.id)
}

// captured is an answer in memory.
type captured struct {
	header http.Header
	status int
	buf    bytes.Buffer
}

func (c *captured) Header() http.Header { return c.header }

func (c *captured) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

func (c *captured) Write(b []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.buf.Write(b)
}

func (c *captured) code() int {
	c.WriteHeader(http.StatusOK)
	return c.status
}
