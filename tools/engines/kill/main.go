//go:build linux

// Command kill looks whether acknowledged writes survive: writers in processes of their own
// write to a collection in PostgreSQL, and one of them, or PostgreSQL with all its
// processes, is killed (SIGKILL) at a random moment. Then what is stored must be what was
// acknowledged last, or what was being written at that moment, as a whole.
//
//	CACHE=… tools/engines/run.sh go run ./tools/engines/kill -kills 40
//
// It starts a PostgreSQL of its own, with fsync, by the programs in FRONYDB_TEST_POSTGRES_BIN.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"
)

func main() {
	kills := flag.Int("kills", 40, "kills, of a writer and of PostgreSQL in turns")
	writers := flag.Int("writers", 3, "processes that write")
	seed := flag.Uint64("seed", rand.Uint64(), "seed of moments and writes")
	bin := flag.String("bin", os.Getenv("FRONYDB_TEST_POSTGRES_BIN"), "folder of PostgreSQL's programs")
	async := flag.Bool("async", false, "let PostgreSQL acknowledge before it writes (synchronous_commit=off): this must fail")
	child := flag.Int("writer", -1, "be this writer")
	url := flag.String("url", "", "of the database, for a writer")
	flag.Parse()
	ctx := context.Background()
	var err error
	if *child >= 0 {
		err = write(ctx, *url, *child, *seed, os.Stdin, os.Stdout)
	} else {
		err = run(ctx, *bin, *kills, *writers, *seed, *async)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kill:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin string, kills, writers int, seed uint64, async bool) error {
	fmt.Printf("go run ./tools/engines/kill -kills %d -writers %d -seed %d\n", kills, writers, seed)
	s, err := newServer(ctx, bin)
	if err != nil {
		return err
	}
	defer s.remove()
	s.async = async
	if err := s.start(ctx); err != nil {
		return err
	}
	c := campaign{server: s, rng: rand.New(rand.NewPCG(seed, 0)), seed: seed, states: make([]state, writers)}
	for i := range c.states {
		c.states[i] = state{}
	}
	if err := prepare(ctx, s.url); err != nil {
		return err
	}
	for i := range kills {
		if err := c.round(ctx, i); err != nil {
			return fmt.Errorf("kill %d: %w", i+1, err)
		}
	}
	fmt.Printf("%d kills of writers, %d of PostgreSQL; %d writes acknowledged, %d documents; %d writes were under way, of which %d were done\n",
		c.killedWriters, c.killedServers, c.acknowledged, c.stored, c.underWay, c.done)
	return nil
}

// campaign is the state of all rounds.
type campaign struct {
	server *server
	rng    *rand.Rand
	seed   uint64
	states []state // of the writers

	killedWriters, killedServers         int
	acknowledged, stored, underWay, done int
}

// writer is a process that writes.
type writer struct {
	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{}
	// pending is the write that was begun and not acknowledged, or nil.
	pending      *op
	acknowledged int
}

// round lets all writers write, kills, and looks at what is stored.
func (c *campaign) round(ctx context.Context, n int) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	all := make([]*writer, len(c.states))
	for i := range all {
		if all[i], err = c.spawn(ctx, exe, n, i); err != nil {
			return err
		}
	}
	time.Sleep(300*time.Millisecond + time.Duration(c.rng.Int64N(int64(700*time.Millisecond))))
	if n%2 == 0 {
		c.killedWriters++
		if err := all[c.rng.IntN(len(all))].cmd.Process.Kill(); err != nil {
			return err
		}
	} else {
		c.killedServers++
		if err := c.server.kill(); err != nil {
			return err
		}
	}
	for _, w := range all {
		_ = w.stdin.Close() // it ends after the write that it is at, if it lives
		<-w.ended
		_ = w.cmd.Wait() // killed, or cut off: what it said counts
		c.acknowledged += w.acknowledged
	}
	if n%2 == 1 {
		if err := c.server.start(ctx); err != nil {
			return err
		}
	}
	if err := c.server.idle(ctx); err != nil {
		return err
	}
	return c.check(ctx, all)
}

func (c *campaign) spawn(ctx context.Context, exe string, round, i int) (*writer, error) {
	w := &writer{ended: make(chan struct{})}
	w.cmd = exec.CommandContext(ctx, exe, "-writer", fmt.Sprint(i), "-url", c.server.url, "-seed", fmt.Sprint(c.seed+uint64(round)))
	w.cmd.Stderr = os.Stderr
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if w.stdin, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(w.ended)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if lines.Text() == acknowledged {
				c.states[i].apply(w.pending)
				w.pending, w.acknowledged = nil, w.acknowledged+1
				continue
			}
			var o op
			if json.Unmarshal(lines.Bytes(), &o) == nil { // else it was cut off, before anything was written
				w.pending = &o
			}
		}
	}()
	return w, nil
}
