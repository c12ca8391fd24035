package admit

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/fronyai/frony-db/server/problem"
)

// pageBytes is the size of the pieces in which an answer is held and sent.
const pageBytes = 64 << 10

var pages = sync.Pool{New: func() any { return new([pageBytes]byte) }}

// ErrSlow is returned by Answer.Send for a client that reads too slowly.
var ErrSlow = errors.New("admit: the client reads too slowly")

// Pace is how fast a client must be.
type Pace struct {
	Rate  int64         // bytes in a second, over each piece of 64 KiB
	Total time.Duration // for everything
}

// step is when the next piece must be through.
func (p Pace) step(now, end time.Time) time.Time {
	if next := now.Add(time.Duration(pageBytes) * time.Second / time.Duration(p.Rate)); next.Before(end) {
		return next
	}
	return end
}

// Answer holds an answer back until Send, so that a request gives back its slot
// before the client reads. What it holds is charged to an account. An answer that is
// too large is dropped, and Refused says so.
type Answer struct {
	http.ResponseWriter
	account *Account
	max     int64

	status  int
	pages   []*[pageBytes]byte
	size    int64
	refused *problem.Problem
}

// NewAnswer holds at most so many bytes.
func NewAnswer(w http.ResponseWriter, account *Account, most int64) *Answer {
	return &Answer{ResponseWriter: w, account: account, max: most}
}

// TooLarge is the problem of an answer that has more bytes than it may.
func TooLarge(most int64) *problem.Problem {
	return problem.Refuse(http.StatusBadRequest, "answer_too_large", "the answer has more than %d bytes", most).
		Hint("ask for fewer results, or leave parts out with fields, such as embedding")
}

// WriteHeader implements http.ResponseWriter.
func (a *Answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter. It never fails: Refused tells what Send will
// not send.
func (a *Answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	all := len(b)
	for len(b) > 0 && a.refused == nil {
		at := int(a.size % pageBytes)
		if at == 0 && !a.grow() {
			break
		}
		n := copy(a.pages[len(a.pages)-1][at:], b)
		a.size += int64(n)
		b = b[n:]
	}
	return all, nil
}

// grow adds a page.
func (a *Answer) grow() bool {
	next := a.size + pageBytes
	switch {
	case next > max(a.max, pageBytes):
		a.refused = TooLarge(a.max)
	case !a.account.Hold(next):
		a.refused = problem.Refuse(http.StatusServiceUnavailable, "overloaded", "too many bytes of other answers wait to be read").After(1).
			Hint("try again after the time in Retry-After, or ask for less")
	default:
		a.pages = append(a.pages, pages.Get().(*[pageBytes]byte))
		return true
	}
	a.Close()
	return false
}

// Refused is why the answer is not to be sent, or nil.
func (a *Answer) Refused() *problem.Problem { return a.refused }

// Close drops what is held.
func (a *Answer) Close() {
	for _, p := range a.pages {
		pages.Put(p)
	}
	a.pages, a.size = nil, 0
	a.account.Close()
}

// Send sends what was held back, giving back each piece as it goes out. It returns
// ErrSlow for a client that does not keep the pace, and another error for one that
// went away.
func (a *Answer) Send(pace Pace) error {
	defer a.Close()
	if a.status == 0 {
		return nil // nothing was answered
	}
	rc := http.NewResponseController(a.ResponseWriter)
	end := time.Now().Add(pace.Total)
	// A writer that knows no deadlines is a test's recorder.
	_ = rc.SetWriteDeadline(pace.step(time.Now(), end))
	a.ResponseWriter.WriteHeader(a.status)
	for a.size > 0 {
		_ = rc.SetWriteDeadline(pace.step(time.Now(), end))
		n := min(a.size, pageBytes)
		if _, err := a.ResponseWriter.Write(a.pages[0][:n]); err != nil {
			if slow(err) {
				return ErrSlow
			}
			return fmt.Errorf("admit: %w", err)
		}
		pages.Put(a.pages[0])
		a.pages = a.pages[1:]
		a.size -= n
		a.account.Hold(a.size)
	}
	return nil
}

// Flush implements http.Flusher: there is nothing to send before Send.
func (a *Answer) Flush() {}

// ReadFrom implements io.ReaderFrom, so that nothing is copied past Write.
func (a *Answer) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{a}, r)
}

// Unwrap is for http.ResponseController.
func (a *Answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
