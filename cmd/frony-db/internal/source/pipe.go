package source

import (
	"context"
	"io"
	"sync"
)

// pipe reads standard input in a goroutine, so that a read that waits for another
// program or a person ends when the context does. The read itself cannot be
// cancelled and is left behind.
type pipe struct {
	ctx   context.Context
	stop  context.CancelFunc
	r     io.Reader
	once  sync.Once
	parts chan part
	rest  []byte
	err   error
}

type part struct {
	b   []byte
	err error
}

func newPipe(ctx context.Context, r io.Reader) *pipe {
	ctx, stop := context.WithCancel(ctx)
	return &pipe{ctx: ctx, stop: stop, r: r, parts: make(chan part)}
}

func (p *pipe) Read(b []byte) (int, error) {
	p.once.Do(func() { go p.pump() })
	if len(p.rest) == 0 && p.err == nil {
		select {
		case next := <-p.parts:
			p.rest, p.err = next.b, next.err
		case <-p.ctx.Done():
			p.err = p.ctx.Err()
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	if len(p.rest) > 0 || n > 0 {
		return n, nil
	}
	return 0, p.err
}

// pump fills buffers in turn: one is in use, one waits, one is filled.
func (p *pipe) pump() {
	buffers := [3][]byte{}
	for i := 0; ; i = (i + 1) % len(buffers) {
		if buffers[i] == nil {
			buffers[i] = make([]byte, 64<<10)
		}
		n, err := p.r.Read(buffers[i])
		select {
		case p.parts <- part{buffers[i][:n], err}:
		case <-p.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Close ends the goroutine. It does not close the underlying reader.
func (p *pipe) Close() error {
	p.stop()
	return nil
}
