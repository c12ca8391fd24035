//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fronyai/frony-db/quant"
)

// Each engine runs in its own process, so that memory can be attributed and only one runs
// at a time. A request is a line "tokens batch seconds".

type answer struct {
	CPU, Wall float64 // seconds of one call
	Vector    []float32
	Peak      int64 // bytes resident at most, so far
}

type started struct {
	Error string
	First float64 // seconds from opening to the first vector
	Peak  int64
}

func runChild(engine, dir string, vocab, threads int) error {
	ctx := context.Background()
	out := json.NewEncoder(os.Stdout)
	began := time.Now()
	embed, err := open(engine, dir, threads)
	if err == nil {
		_, err = embed(ctx, passages(vocab, 16, 1))
	}
	if err != nil {
		return out.Encode(started{Error: err.Error()})
	}
	if err := out.Encode(started{First: time.Since(began).Seconds(), Peak: peak()}); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var tokens, batch int
		var seconds float64
		if _, err := fmt.Sscan(lines.Text(), &tokens, &batch, &seconds); err != nil {
			return err
		}
		texts := passages(vocab, tokens, batch)
		vectors, err := embed(ctx, texts)
		if err != nil {
			return err
		}
		n, wall, cpu := 0, time.Now(), cpuTime()
		for n == 0 || time.Since(wall).Seconds() < seconds {
			if _, err := embed(ctx, texts); err != nil {
				return err
			}
			n++
		}
		a := answer{CPU: (cpuTime() - cpu).Seconds() / float64(n), Wall: time.Since(wall).Seconds() / float64(n), Vector: unit(vectors[0]), Peak: peak()}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

func unit(v []float32) []float32 {
	v = slices.Clone(v)
	quant.Normalize(v)
	return v
}

func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err) // every Linux has it
	}
	return time.Duration(t.Nano())
}

// peak is the peak resident memory. The figure of getrusage would be the parent's if that
// was larger.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err) // every Linux has it
	}
	var kib int64
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &kib); err != nil {
		panic(err)
	}
	return kib << 10
}

// child is an engine's process as its parent sees it.
type child struct {
	engine string
	in     io.WriteCloser
	out    *json.Decoder
	cmd    *exec.Cmd
	started
	perToken float64 // processor time of the last answer
}

func startChild(engine, dir string, vocab, threads int) (*child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{engine: engine}
	c.cmd = exec.Command(exe, "-child", engine, "-dir", dir, "-vocab", strconv.Itoa(vocab), "-threads", strconv.Itoa(threads))
	c.cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(threads))
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.out = json.NewDecoder(bufio.NewReader(out))
	if err := c.out.Decode(&c.started); err != nil {
		return nil, fmt.Errorf("%s: %w", engine, err)
	}
	return c, nil
}

func (c *child) ask(tokens, batch int, seconds float64) (a answer, err error) {
	if _, err := fmt.Fprintln(c.in, tokens, batch, seconds); err != nil {
		return a, fmt.Errorf("%s: %w", c.engine, err)
	}
	if err := c.out.Decode(&a); err != nil {
		return a, fmt.Errorf("%s: %w", c.engine, err)
	}
	return a, nil
}

func (c *child) stop() error {
	if err := c.in.Close(); err != nil {
		return err
	}
	return c.cmd.Wait()
}
