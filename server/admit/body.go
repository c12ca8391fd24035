package admit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/semaphore"

	"github.com/fronyai/frony-db/server/problem"
)

// Bodies reads bodies into memory, within a size for each and for all that are in
// flight.
type Bodies struct {
	max      int64
	inFlight *semaphore.Weighted
}

// NewBodies allows so many bytes in one body and in all bodies at one time.
func NewBodies(one, all int64) *Bodies {
	return &Bodies{max: one, inFlight: semaphore.NewWeighted(all)}
}

// Read reads and decodes a body. release, which must be called, gives its bytes
// back to those that may be in flight.
func (t *Bodies) Read(r *http.Request) (b []byte, release func(), p *problem.Problem) {
	var held int64
	release = func() { t.inFlight.Release(held) }
	hold := func(n int64) bool {
		if n <= held {
			return true
		}
		if !t.inFlight.TryAcquire(n - held) {
			return false
		}
		held = n
		return true
	}
	full := problem.Refuse(http.StatusServiceUnavailable, "overloaded", "too many bytes of other requests are in flight").After(1)
	large := problem.Refuse(http.StatusRequestEntityTooLarge, "too_large", "the body has more than %d bytes", t.max).
		Hint("send less at a time, or use the upload")
	if r.ContentLength > t.max {
		return nil, release, large
	}
	if !hold(max(r.ContentLength, 0)) {
		return nil, release, full
	}
	src, p := Decoder(r)
	if p != nil {
		return nil, release, p
	}
	defer func() { _ = src.Close() }()
	var buf bytes.Buffer
	for {
		n, err := io.CopyN(&buf, src, 64<<10)
		switch {
		case int64(buf.Len()) > t.max:
			return nil, release, large
		case !hold(int64(buf.Len())):
			return nil, release, full
		case errors.Is(err, io.EOF) && n < 64<<10:
			return buf.Bytes(), release, nil
		case err != nil:
			return nil, release, Unread(err)
		}
	}
}

// Unread says why a body could not be read.
func Unread(err error) *problem.Problem {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
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
			return nil, problem.Refuse(http.StatusBadRequest, "incomplete_body", "the body is not gzip")
		}
		return z, nil
	case "zstd":
		z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(16<<20), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, problem.Refuse(http.StatusBadRequest, "incomplete_body", "the body is not zstd")
		}
		return z.IOReadCloser(), nil
	default:
		return nil, problem.Refuse(http.StatusUnsupportedMediaType, "unsupported_encoding", "Content-Encoding %.40q", enc).Hint("use gzip, zstd or none")
	}
}
