//go:build linux

// Command killnodes kills, stops and restarts the nodes of an OpenSearch cluster at random,
// one at a time, while two processes write to a collection, and then looks whether every
// acknowledged write is there and none has come back.
//
//	NODES=3 tools/engines/opensearch.sh go run ./tools/engines/killnodes -kills 100
//
// Each process starts itself again as a front, which writes documents of its own ids and
// keeps what it knows of them: after a write that was acknowledged, one value; after one
// whose outcome is unknown, the values that it may have.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

func main() {
	kills := flag.Int("kills", 100, "how many nodes are killed or stopped")
	share := flag.Int("share", 6, "how many of ten are killed; the others are stopped, which takes less long")
	most := flag.Duration("for", time.Hour, "and for how long at most")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of what happens")
	timeout := flag.Duration("timeout", 5*time.Second, "of an attempt of the fronts")
	front := flag.Int("front", -1, "be this front")
	flag.Parse()
	err := error(nil)
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	if *front >= 0 {
		err = runFront(ctx, *front, *seed, *timeout, os.Stdin, os.Stdout)
	} else {
		err = run(ctx, *kills, *share, *most, *timeout, *seed)
	}
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "killnodes:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kills, share int, most, timeout time.Duration, seed uint64) error {
	dir := os.Getenv("FRONYDB_TEST_OPENSEARCH_NODES")
	if dir == "" {
		return errors.New("FRONYDB_TEST_OPENSEARCH_NODES names no cluster; tools/engines/opensearch.sh starts one")
	}
	fmt.Printf("seed %d\n", seed)
	c, err := findCluster(dir)
	if err != nil {
		return err
	}
	var fronts []*process
	for i := range 2 {
		f, err := start(i, seed, timeout)
		if err != nil {
			return err
		}
		defer f.stop()
		fronts = append(fronts, f)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	begin := time.Now()
	killed, stopped := 0, 0
	for killed+stopped < kills && time.Since(begin) < most && ctx.Err() == nil {
		time.Sleep(time.Duration(r.IntN(2000)) * time.Millisecond)
		n := c.nodes[r.IntN(len(c.nodes))]
		if r.IntN(10) < share {
			killed++
			err = n.kill(time.Duration(r.IntN(3000)) * time.Millisecond)
		} else {
			stopped++
			err = n.pause(time.Duration(500+r.IntN(8000)) * time.Millisecond)
		}
		if err == nil {
			err = c.await(ctx, "", 10*time.Minute) // a busy machine starts a node in minutes
		}
		if err != nil {
			return err
		}
		if (killed+stopped)%10 == 0 {
			fmt.Printf("%v: %d killed, %d stopped\n", time.Since(begin).Round(time.Second), killed, stopped)
		}
	}
	if err := c.await(ctx, "green", 10*time.Minute); err != nil {
		return err
	}
	fmt.Printf("%d nodes killed and restarted, %d stopped, in %v\n", killed, stopped, time.Since(begin).Round(time.Second))
	failed := false
	for i, f := range fronts {
		report, err := f.finish()
		if err != nil {
			return fmt.Errorf("front %d: %w", i, err)
		}
		fmt.Printf("front %d: %+v\n", i, *report)
		failed = failed || len(report.Wrong) > 0
	}
	if failed {
		return fmt.Errorf("writes were lost or came back (seed %d)", seed)
	}
	return nil
}

// process is a front that runs beside this one.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(i int, seed uint64, timeout time.Duration) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self, "-front", fmt.Sprint(i), "-seed", fmt.Sprint(seed), "-timeout", timeout.String())}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := p.out.ReadString('\n'); err != nil { // it says when it writes
		return nil, fmt.Errorf("front %d has ended: %w", i, err)
	}
	return p, nil
}

// finish lets a front end its writes and compare.
func (p *process) finish() (*report, error) {
	if err := p.in.Close(); err != nil {
		return nil, err
	}
	r := new(report)
	if err := json.NewDecoder(p.out).Decode(r); err != nil {
		return nil, err
	}
	return r, p.cmd.Wait()
}

func (p *process) stop() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
	}
}
