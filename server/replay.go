package server

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"maps"
	"net/http"
	"sync"
)

// replays remembers the answers to writes that had an Idempotency-Key, so that
// a client that did not hear an answer can ask again without writing twice
// (draft-ietf-httpapi-idempotency-key-header). It lives in memory, within a
// number of answers and of bytes, the oldest going first.
type replays struct {
	max      int
	maxBytes int64

	mu    sync.Mutex // guards what follows, and the answers' fields
	by    map[[sha256.Size]byte]*list.Element
	order *list.List // of *answer, oldest first
	bytes int64
}

type answer struct {
	id     [sha256.Size]byte
	body   [sha256.Size]byte // of the request
	done   bool
	status int
	header http.Header
	sent   []byte
}

func newReplays(n int, bytes int64) *replays {
	return &replays{max: n, maxBytes: bytes, by: map[[sha256.Size]byte]*list.Element{}, order: list.New()}
}

// begin returns the answer that is known, or nil if the caller is to make it.
func (t *replays) begin(id, body [sha256.Size]byte) (*answer, *Problem) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.by[id]; e != nil {
		a := e.Value.(*answer)
		switch {
		case a.body != body:
			return nil, refuse(http.StatusUnprocessableEntity, "idempotency_mismatch", "this Idempotency-Key was used for another body").
				hint("make a new key for each write")
		case !a.done:
			return nil, refuse(http.StatusConflict, "idempotency_running", "the first request with this Idempotency-Key is still running").after(1)
		}
		return a, nil
	}
	t.by[id] = t.order.PushBack(&answer{id: id, body: body})
	for e := t.order.Front(); e != nil && (t.order.Len() > t.max || t.bytes > t.maxBytes); {
		next := e.Next()
		if e.Value.(*answer).done {
			t.remove(e)
		}
		e = next
	}
	return nil, nil
}

// finish keeps an answer, or forgets the request if there is none to keep.
func (t *replays) finish(id [sha256.Size]byte, c *captured) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.by[id]
	if c == nil || c.status/100 != 2 || int64(c.buf.Len()) > t.maxBytes/16 {
		t.remove(e)
		return
	}
	a := e.Value.(*answer)
	a.done, a.status, a.header, a.sent = true, c.status, c.header, c.buf.Bytes()
	t.bytes += int64(len(a.sent))
}

func (t *replays) remove(e *list.Element) {
	a := t.order.Remove(e).(*answer)
	t.bytes -= int64(len(a.sent))
	delete(t.by, a.id)
}

// replay runs the handler, or repeats what it once answered.
func (s *Server) replay(w http.ResponseWriter, r *http.Request, key string, body []byte, h http.Handler) {
	if len(key) > 256 {
		writeProblem(w, r, refuse(http.StatusBadRequest, "invalid_request", "the Idempotency-Key has more than 256 bytes").at("header.Idempotency-Key"))
		return
	}
	who := ""
	if k := callOf(r.Context()).key; k != nil {
		who = k.Name
	}
	id := sha256.Sum256([]byte(who + "\x00" + r.Method + "\x00" + r.URL.RequestURI() + "\x00" + key))
	known, p := s.replays.begin(id, sha256.Sum256(body))
	switch {
	case p != nil:
		writeProblem(w, r, p)
		return
	case known != nil:
		maps.Copy(w.Header(), known.header)
		w.Header().Set("Idempotency-Replayed", "true")
		w.WriteHeader(known.status)
		_, _ = w.Write(known.sent)
		return
	}
	var c *captured
	defer func() { s.replays.finish(id, c) }() // also after a panic, then with nothing
	made := &captured{header: http.Header{}}
	h.ServeHTTP(made, r)
	c = made
	maps.Copy(w.Header(), c.header)
	w.WriteHeader(c.code())
	_, _ = w.Write(c.buf.Bytes())
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
