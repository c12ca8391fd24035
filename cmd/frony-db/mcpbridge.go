package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/fronyai/frony-db/client"
)

const (
	bridgeMessage = 32 << 20 // bytes of a message
	bridgeAtOnce  = 8        // requests that are under way
)

// bridge passes the messages of an assistant on standard input to a server, and the
// server's answers back, byte for byte.
func (a *app) bridge(ctx context.Context) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	out := &lineWriter{w: a.out}
	var under sync.WaitGroup
	defer under.Wait()
	slots := make(chan struct{}, bridgeAtOnce)
	in := bufio.NewScanner(a.in)
	in.Buffer(nil, bridgeMessage)
	for first := true; in.Scan(); first = false {
		message := bytes.Clone(bytes.TrimSpace(in.Bytes()))
		if len(message) == 0 {
			continue
		}
		pass := func() { out.write(a.pass(ctx, c, message)) }
		if first {
			pass() // the others follow its answer
			continue
		}
		slots <- struct{}{}
		under.Go(func() { defer func() { <-slots }(); pass() })
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	return nil
}

// pass sends a message to the server and returns the line to answer, or nil.
func (a *app) pass(ctx context.Context, c *client.Client, message []byte) []byte {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	answer, err := c.MCP(ctx, message)
	if err != nil {
		return rpcError(message, a.explain(err))
	}
	if len(answer) > 0 && answer[0] != '{' {
		return rpcError(message, errors.New("the server "+a.address()+" did not answer with JSON; is it a frony-db server?"))
	}
	return bytes.ReplaceAll(answer, []byte("\n"), []byte(" ")) // no string of JSON has a line break
}

// lineWriter writes whole lines from several goroutines.
type lineWriter struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (l *lineWriter) write(line []byte) {
	if len(line) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.w.Write(append(line, '\n')) // an assistant that went away closes the input too
}
