package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a running server.
type process struct {
	cmd  *exec.Cmd
	addr string
}

var servesAt = regexp.MustCompile(`serves .* at http://([^/\s]+)\s*$`)

// serve starts a server on a free port and waits until it is ready. It reads the log.
func serve(ctx context.Context, bin, dir string, flags ...string) (*process, error) {
	args := append([]string{"serve", "--db", dir, "--addr", "127.0.0.1:0"}, flags...)
	p := &process{cmd: exec.CommandContext(ctx, bin, args...)}
	log, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReaderSize(log, 64<<10)
	var said strings.Builder
	for p.addr == "" {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("serve ended: %s", &said), p.cmd.Wait())
		}
		if m := servesAt.FindStringSubmatch(line); m != nil {
			p.addr = m[1]
		}
	}
	go func() { _, _ = lines.WriteTo(nothing{}) }()
	for {
		err := exec.CommandContext(ctx, bin, "serve", "health", "--addr", p.addr).Run()
		if err == nil {
			return p, nil
		}
		if ctx.Err() != nil {
			p.stop()
			return nil, ctx.Err()
		}
		time.Sleep(100 * time.Millisecond)
	}
}

type nothing struct{}

func (nothing) Write(b []byte) (int, error) { return len(b), nil }

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// cpu is the CPU time that the server has used, in hundredths of seconds; 0
// where there is no /proc.
func (p *process) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	var ticks int64
	for _, s := range f[11:13] { // utime and stime
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// rss is the server's resident memory in MiB; 0 where there is no /proc.
func (p *process) rss() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return 0
	}
	return n * int64(os.Getpagesize()) >> 20
}

// watch records the resident memory now and every second, until it is stopped.
func (p *process) watch(into *[]int64) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	*into = append(*into, p.rss())
	wg.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				*into = append(*into, p.rss())
			case <-done:
				*into = append(*into, p.rss())
				return
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// ownCPU is the CPU time of this process.
func ownCPU() time.Duration {
	return (&process{cmd: &exec.Cmd{Process: &os.Process{Pid: os.Getpid()}}}).cpu()
}
