//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a PostgreSQL with fsync in a folder of its own.
type server struct {
	bin, dir string
	port     int
	url      string
	cmd      *exec.Cmd
	async    bool
	as       *syscall.SysProcAttr // PostgreSQL refuses to run as root
}

func newServer(ctx context.Context, bin string) (*server, error) {
	if bin == "" {
		return nil, errors.New("FRONYDB_TEST_POSTGRES_BIN has no folder of PostgreSQL's programs; tools/engines/run.sh sets it")
	}
	dir, err := os.MkdirTemp("", "frony-kill")
	if err != nil {
		return nil, err
	}
	s := &server{bin: bin, dir: dir}
	if os.Getuid() == 0 {
		const nobody = 65534
		s.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, err
	}
	s.url = fmt.Sprintf("postgres://frony@127.0.0.1:%d/postgres", s.port)
	init := s.command(ctx, "initdb", "-D", s.data(), "-U", "frony", "-A", "trust", "-E", "UTF8", "--locale=C")
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, nil
}

func (s *server) data() string { return filepath.Join(s.dir, "db") }

func (s *server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.SysProcAttr = s.as
	cmd.Dir = s.dir
	return cmd
}

// start starts PostgreSQL, and waits until it has recovered.
func (s *server) start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has it
	s.cmd = s.command(ctx, "postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprintf("port=%d", s.port), "-c", "fsync=on")
	if s.async {
		s.cmd.Args = append(s.cmd.Args, "-c", "synchronous_commit=off")
	}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for range 600 {
		c, err := pgx.Connect(ctx, s.url)
		if err == nil {
			return c.Close(ctx)
		}
		time.Sleep(100 * time.Millisecond)
	}
	out, _ := os.ReadFile(log.Name())
	return fmt.Errorf("PostgreSQL does not start:\n%s", out[max(0, len(out)-2000):])
}

// kill kills all processes of PostgreSQL, which have sessions of their own, the first one
// first: it would start others.
func (s *server) kill() error {
	others := children(s.cmd.Process.Pid)
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	for _, pid := range others {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	_ = s.cmd.Wait() // it was killed
	for _, pid := range others {
		for range 1000 {
			if syscall.Kill(pid, 0) != nil {
				break // it has ended, and holds no shared memory
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	return nil
}

// children are the processes that another one has started.
func children(of int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		var pid, parent int
		var name, state string
		if _, err := fmt.Sscanf(string(b), "%d (%s %s %d", &pid, &name, &state, &parent); err == nil && parent == of {
			pids = append(pids, pid)
		}
	}
	return pids
}

// idle waits until no connection of a writer is served any more: a killed one's last
// transaction may still be at its commit.
func (s *server) idle(ctx context.Context) error {
	c, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }() // only read from
	for range 300 {
		var n int
		err := c.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&n)
		if err != nil || n == 0 {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("connections of killed writers do not end")
}

func (s *server) remove() {
	if s.cmd != nil {
		_ = s.kill() // its data goes
	}
	_ = os.RemoveAll(s.dir)
}
