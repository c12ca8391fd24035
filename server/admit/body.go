package admit

import (
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/fronyai/frony-db/server/problem"
)

// Bodies reads bodies into memory. A body is charged for what has arrived of it, not
// for what its header claims.
type Bodies struct {
	max    int64
	pace   Pace
	budget *Budget
}

// NewBodies allows so many bytes in one body, and what the budget has in all.
func NewBodies(one int64, pace Pace, budget *Budget) *Bodies {
	return &Bodies{max: one, pace: pace, budget: budget}
}

// Body is a body in memory. Release, which must be called, gives its bytes back.
type Body struct {
	Bytes   []byte
	account *Account
}

// Release gives the body's bytes back to the budget.
func (b *Body) Release() { b.account.Close() }

// Read reads and decodes a body of a client. deadline sets the deadline of reading
// from the connection.
func (t *Bodies) Read(r *http.Request, client string, deadline func(time.Time)) (b *Body, p *problem.Problem) {
	b = &Body{account: t.budget.Account(client)}
	large := problem.Refuse(http.StatusRequestEntityTooLarge, "too_large", "the body has more than %d bytes", t.max).
		Hint("send less at a time, or use the upload")
	if r.ContentLength > t.max {
		return b, large
	}
	end := time.Now().Add(t.pace.Total)
	deadline(t.pace.step(time.Now(), end))
	src, p := Decoder(r)
	if p != nil {
		return b, p
	}
	defer func() { _ = src.Close() }()
	next := 0 // where the next piece ends
	for {
		if len(b.Bytes) >= next {
			deadline(t.pace.step(time.Now(), end))
			next = len(b.Bytes) + pageBytes
		}
		if len(b.Bytes) == cap(b.Bytes) {
			if int64(cap(b.Bytes)) > t.max {
				return b, large
			}
			if !b.grow(r.ContentLength, t.max) {
				return b, t.Full()
			}
		}
		n, err := src.Read(b.Bytes[len(b.Bytes):min(next, cap(b.Bytes))])
		b.Bytes = b.Bytes[:len(b.Bytes)+n]
		switch {
		case int64(len(b.Bytes)) > t.max:
			return b, large
		case errors.Is(err, io.EOF):
			return b, t.weigh(b)
		case err != nil:
			return b, Unread(err)
		}
	}
}

// Account is for what a client sends otherwise, such as a stream.
func (t *Bodies) Account(client string) *Account { return t.budget.Account(client) }

// Full is the problem of a body that the budget has no room for.
func (t *Bodies) Full() *problem.Problem {
	return problem.Refuse(http.StatusServiceUnavailable, "overloaded", "too many bytes of other requests are in flight").After(1).
		Hint("try again after the time in Retry-After, or send less at a time")
}

// grow doubles the body's capacity, up to one byte more than it claims or may have:
// that byte tells the end.
func (b *Body) grow(claimed, most int64) bool {
	n := min(max(4<<10, 2*int64(cap(b.Bytes))), most+1)
	if claimed >= int64(cap(b.Bytes)) {
		n = min(n, claimed+1)
	}
	if !b.account.Hold(n) {
		return false
	}
	grown := make([]byte, len(b.Bytes), n)
	copy(grown, b.Bytes)
	b.Bytes = grown
	return true
}

// JSON of many small values takes more memory when it is decoded than as text.
const (
	valueBytes = 32     // what a value takes, decoded twice
	maxObjects = 50_000 // objects in one body: each takes far more
)

// weigh charges a body for what it will take when it is decoded.
func (t *Bodies) weigh(b *Body) *problem.Problem {
	values, objects := count(b.Bytes)
	if objects > maxObjects {
		return problem.Refuse(http.StatusBadRequest, "limit_exceeded", "the body has %d JSON objects, at most %d", objects, maxObjects).
			Hint("send fewer documents at a time, or use the upload")
	}
	weight := int64(cap(b.Bytes)) + values*valueBytes
	if weight-free > t.budget.Share() {
		return problem.Refuse(http.StatusRequestEntityTooLarge, "too_large", "the body has %d JSON values in %d bytes, which take more memory than one client may use",
			values, len(b.Bytes)).Hint("send less at a time, or use the upload")
	}
	if !b.account.Hold(weight) {
		return t.Full()
	}
	return nil
}

// count counts the values and the objects of JSON, or at least as many in what is
// not JSON.
func count(b []byte) (values, objects int64) {
	inText := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inText:
			if c == '\\' {
				i++
			}
			inText = c != '"'
		case c == '"':
			inText = true
		case c == ',' || c == '[':
			values++
		case c == '{':
			values++
			objects++
		}
	}
	return values, objects
}

// slow reports whether the other side was too slow.
func slow(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// Unread says why a body could not be read.
func Unread(err error) *problem.Problem {
	if slow(err) {
		return problem.Refuse(http.StatusRequestTimeout, "timeout", "the body did not arrive in time")
	}
	return problem.Refuse(http.StatusBadRequest, "incomplete_body", "the body could not be read to its end")
}

// Decoder undoes the body's Content-Encoding. The caller counts what comes out, so
// that a small body that decodes without end is stopped.
func Decoder(r *http.Request) (io.ReadCloser, *problem.Problem) {
	switch enc := strings.ToLower(r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
		return io.NopCloser(r.Body), nil
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			if slow(err) {
				return nil, Unread(err)
			}
			return nil, problem.Refuse(http.StatusBadRequest, "incomplete_body", "the body is not gzip")
		}
		return z, nil
	case "zstd":
		z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(16<<20), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, problem.Refuse(http.StatusBadRequest, "incomplete_body", "the body is not zstd")
		}
		return z.IOReadCloser(), nil
	default:
		return nil, problem.Refuse(http.StatusUnsupportedMediaType, "unsupported_encoding", "Content-Encoding %.40q", enc).Hint("use gzip, zstd or none")
	}
}
