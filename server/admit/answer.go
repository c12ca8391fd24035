package admit

import "net/http"

// smallAnswer is the size of answers that are held back.
const smallAnswer = 64 << 10

// Answer holds a small answer back until Send, so that a client that reads slowly
// holds no slot. A larger one is sent as it is written.
type Answer struct {
	http.ResponseWriter
	status int
	buf    []byte
	sent   bool
}

// WriteHeader implements http.ResponseWriter.
func (a *Answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *Answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if !a.sent && len(a.buf)+len(b) <= smallAnswer {
		a.buf = append(a.buf, b...)
		return len(b), nil
	}
	a.Send()
	return a.ResponseWriter.Write(b)
}

// Send sends what was held back.
func (a *Answer) Send() {
	if a.sent {
		return
	}
	a.sent = true
	if a.status != 0 {
		a.ResponseWriter.WriteHeader(a.status)
	}
	if len(a.buf) > 0 {
		_, _ = a.ResponseWriter.Write(a.buf) // an error is a client that went away
		a.buf = nil
	}
}

// Flush implements http.Flusher.
func (a *Answer) Flush() {
	a.Send()
	_ = http.NewResponseController(a.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (a *Answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
