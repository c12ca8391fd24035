package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a running driver with its child processes.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
	said *tail
}

func start(ctx context.Context, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, args[0], args[1:]...), said: new(tail)}
	p.cmd.Stderr = p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { p.killAll(); return nil }
	p.cmd.WaitDelay = time.Second // a server it left behind keeps its output open
	in, err1 := p.cmd.StdinPipe()
	out, err2 := p.cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	p.in, p.out = in, json.NewDecoder(out)
	return p, p.cmd.Start()
}

// call sends a command to the driver.
func (p *process) call(c command) (reply, error) {
	if err := p.send(c); err != nil {
		return reply{}, err
	}
	r, err := p.receive()
	if err != nil {
		return r, fmt.Errorf("%s: %w", c.Op, err)
	}
	return r, nil
}

func (p *process) send(c command) error {
	if c.Setting == nil {
		c.Setting = setting{}
	}
	return json.NewEncoder(p.in).Encode(c)
}

func (p *process) receive() (r reply, err error) {
	if err := p.out.Decode(&r); err != nil {
		return r, errors.Join(fmt.Errorf("the process ended: %s", p.said), p.stop())
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// close closes the database, and waits for the end of the process.
func (p *process) close() error {
	_, err := p.call(command{Op: "close"})
	return errors.Join(err, p.in.Close(), p.cmd.Wait())
}

// stop ends the process at once, as kill -9 does. It may be called after close.
func (p *process) stop() error {
	if p.cmd.ProcessState != nil {
		return nil
	}
	p.killAll()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

func (p *process) killAll() {
	all := p.tree()
	for _, pid := range append(all, -p.cmd.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	// Descendants fall to this process. A server that is dead and not waited for
	// looks alive to its successor.
	for end := time.Now().Add(10 * time.Second); len(all) > 1 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		all = slices.DeleteFunc(all, func(pid int) bool {
			if pid == p.cmd.Process.Pid {
				return false // Wait waits for it
			}
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
			return syscall.Kill(pid, 0) != nil
		})
	}
}

// adopt makes this process the parent of processes that drivers leave behind.
func adopt() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// tree is the process and its descendants.
func (p *process) tree() []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, _ := os.ReadFile(path)
		_, rest, ok := strings.Cut(string(b), ") ")
		if f := strings.Fields(rest); ok && len(f) > 1 {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			parent, _ := strconv.Atoi(f[1])
			children[parent] = append(children[parent], pid)
		}
	}
	all := []int{p.cmd.Process.Pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// memory is the resident memory of the tree. Shared memory counts once.
func (p *process) memory() (bytes int64) {
	for _, pid := range p.tree() {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "Pss:" {
				kib, _ := strconv.ParseInt(f[1], 10, 64)
				bytes += kib << 10
			}
		}
	}
	return bytes
}

// watch records peak memory in *peak until stop.
func (p *process) watch(peak *int64) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			*peak = max(*peak, p.memory())
			select {
			case <-tick.C:
			case <-done:
				*peak = max(*peak, p.memory())
				return
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	t.b = t.b[max(0, len(t.b)-500):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}
