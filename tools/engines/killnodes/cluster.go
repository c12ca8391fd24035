//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cluster are the nodes that tools/engines/opensearch.sh has started.
type cluster struct{ nodes []*node }

// node is a server: a script that becomes it, and the file with its process.
type node struct {
	script, url string
	pid         int
}

func findCluster(dir string) (*cluster, error) {
	c := new(cluster)
	files, err := filepath.Glob(filepath.Join(dir, "node*.pid"))
	for _, file := range files {
		n := &node{script: strings.TrimSuffix(file, ".pid")}
		var pid, url []byte
		if pid, err = os.ReadFile(file); err == nil {
			url, err = os.ReadFile(n.script + ".url")
		}
		if err == nil {
			n.url = strings.TrimSpace(string(url))
			n.pid, err = strconv.Atoi(strings.TrimSpace(string(pid)))
		}
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, n)
	}
	if len(c.nodes) < 3 {
		return nil, fmt.Errorf("%d nodes in %s, want three or more", len(c.nodes), dir)
	}
	return c, err
}

// kill kills a node and starts it again.
func (n *node) kill(after time.Duration) error {
	if err := syscall.Kill(n.pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill of %s: %w", n.script, err)
	}
	for !ended(n.pid) {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(after)
	cmd := exec.Command(n.script)
	if err := cmd.Start(); err != nil {
		return err
	}
	n.pid = cmd.Process.Pid
	go func() { _ = cmd.Wait() }() // it will be killed
	return os.WriteFile(n.script+".pid", []byte(strconv.Itoa(n.pid)), 0o600)
}

// ended reports whether a process is no more, or only waits to be asked how it ended.
func ended(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(state, "Z")
}

// pause stops a node for a time, as a long collection of garbage does.
func (n *node) pause(d time.Duration) error {
	if err := syscall.Kill(n.pid, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stop of %s: %w", n.script, err)
	}
	time.Sleep(d)
	return syscall.Kill(n.pid, syscall.SIGCONT)
}

// await waits until all nodes are there, and the cluster has a status, or is not red.
func (c *cluster) await(ctx context.Context, status string, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	last := ""
	for ctx.Err() == nil {
		for _, n := range c.nodes {
			var h struct {
				Status string `json:"status"`
				Nodes  int    `json:"number_of_nodes"`
			}
			if err := get(ctx, n.url+"/_cluster/health", &h); err != nil {
				last = err.Error()
				continue
			}
			last = fmt.Sprintf("%s with %d nodes", h.Status, h.Nodes)
			if h.Nodes == len(c.nodes) && (h.Status == status || status == "" && h.Status != "red") {
				return nil
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
	return fmt.Errorf("after %v the cluster is: %s", most, last)
}

func get(ctx context.Context, url string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	return json.NewDecoder(res.Body).Decode(into)
}
