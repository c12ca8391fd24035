package engine

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
)

// Python is a peer with a Python package. It runs in its own process and answers in
// batches. Its candidates are reranked with the full vectors here, and that time is added.
type Python struct {
	Peer        string // hnswlib, usearch, usearch-i8 or faiss
	Interpreter string

	set   *dataset.Set
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	found string // file of the candidates
}

//go:embed peers.py
var peersPy []byte

// Packages are what the Python peers need.
var Packages = []string{"numpy", "hnswlib==0.8.0", "usearch==2.26.6", "faiss-cpu==1.15.1"}

// Environment creates a Python environment with the packages in dir, once, and returns its
// interpreter.
func Environment(ctx context.Context, dir string, packages []string) (string, error) {
	python := filepath.Join(dir, "bin", "python")
	done := filepath.Join(dir, "complete")
	if _, err := os.Stat(done); err == nil {
		return python, nil
	}
	slog.Info("installing Python packages", "in", dir)
	for _, args := range [][]string{
		{"python3", "-m", "venv", dir},
		append([]string{python, "-m", "pip", "install", "--quiet"}, packages...),
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("%s: %w (or name an interpreter with -python)", strings.Join(args, " "), err)
		}
	}
	return python, os.WriteFile(done, nil, 0o600)
}

// Name implements Engine.
func (p *Python) Name() string { return p.Peer }

// Close implements Engine: it ends the peer's process.
func (p *Python) Close() error {
	if p.cmd == nil {
		return nil
	}
	return errors.Join(p.in.Close(), p.cmd.Wait())
}

type reply struct {
	CPU    time.Duration `json:"cpu"`
	Wall   time.Duration `json:"wall"`
	Bytes  float64       `json:"bytes"`
	Cached bool          `json:"cached"`
}

func (p *Python) call(command map[string]any) (r reply, err error) {
	b, err := json.Marshal(command)
	if err != nil {
		return r, err
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		return r, fmt.Errorf("%s: %w", p.Peer, err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return r, fmt.Errorf("%s ended: %w", p.Peer, err)
	}
	return r, json.Unmarshal(line, &r)
}

// Build implements Engine. The index and its build time are kept in cache.
func (p *Python) Build(ctx context.Context, s *dataset.Set, cache string) (Build, error) {
	p.set = s
	script := filepath.Join(cache, "peers.py")
	base := filepath.Join(cache, s.Name+".base.f32")
	query := filepath.Join(cache, s.Name+".query.f32")
	p.found = filepath.Join(cache, p.Peer+".found.u32")
	if err := errors.Join(os.WriteFile(script, peersPy, 0o600), writeFloats(base, s.BaseHead), writeFloats(query, s.QueryHead)); err != nil {
		return Build{}, err
	}
	p.cmd = exec.CommandContext(ctx, p.Interpreter, script)
	p.cmd.Stderr = os.Stderr
	p.cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
	in, err1 := p.cmd.StdinPipe()
	out, err2 := p.cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return Build{}, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return Build{}, err
	}
	index := fmt.Sprintf("%s.%s.m%d.efc%d", s.Name, p.Peer, M, EfConstruction)
	r, err := p.call(map[string]any{
		"op": "build", "peer": p.Peer, "dims": s.HeadDims, "m": M, "efc": EfConstruction,
		"base": base, "query": query, "index": filepath.Join(cache, index),
	})
	return Build{Time: Time{r.CPU, r.Wall}, Bytes: r.Bytes, Cached: r.Cached}, err
}

func writeFloats(path string, v []float32) error {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	if st, err := os.Stat(path); err == nil && st.Size() == int64(len(b)) {
		return nil
	}
	return os.WriteFile(path, b, 0o600)
}

// Sweep implements Engine.
func (p *Python) Sweep() []Config {
	var cs []Config
	for _, ef := range []int{16, 24, 32, 48, 64, 96, 128, 192, 256, 384} {
		for _, depth := range []int{16, 24, 32, 48, 64, 96, 128, 192, 256} {
			if depth <= ef {
				cs = append(cs, Config{Ef: ef, Depth: depth})
			}
		}
	}
	return cs
}

// Run implements Engine: one pass for the largest depth, reranked to each depth.
func (p *Python) Run(_ context.Context, n int, cs []Config) ([]Run, error) {
	var runs []Run
	for _, group := range groupByEf(cs) {
		k := 0
		for _, c := range group {
			k = max(k, c.Depth)
		}
		r, err := p.call(map[string]any{"op": "search", "ef": group[0].Ef, "k": k, "n": n, "out": p.found})
		if err != nil {
			return nil, err
		}
		b, err := os.ReadFile(p.found)
		if err != nil {
			return nil, err
		}
		if len(b) != 4*n*k {
			return nil, fmt.Errorf("%s: %d bytes of candidates, want %d", p.Peer, len(b), 4*n*k)
		}
		found := make([]uint32, n*k)
		for i := range found {
			found[i] = binary.LittleEndian.Uint32(b[4*i:])
			if int(found[i]) >= p.set.Len() {
				return nil, fmt.Errorf("%s found vector %d of %d", p.Peer, found[i], p.set.Len())
			}
		}
		rr := &reranker{set: p.set}
		for _, c := range group {
			top := make([]uint32, 0, 10*n)
			t := timed(func() {
				for q := range n {
					top = rr.top10(top, q, found[q*k:q*k+c.Depth])
				}
			})
			runs = append(runs, Run{Config: c, Time: t.add(Time{r.CPU, r.Wall}), Top: top})
		}
	}
	return runs, nil
}
