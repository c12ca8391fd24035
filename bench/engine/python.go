package engine

import (
	"bufio"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/quant"
)

// Python is a peer with a Python package. It runs in its own process and answers in
// batches. Its candidates are reranked with the full vectors here, and that time is added.
type Python struct {
	Peer        string // hnswlib, svs, usearch, usearch-i8 or faiss
	Full        bool   // index all dimensions, not the heads
	Interpreter string

	set   *dataset.Set
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	found string // file of the candidates
}

//go:embed peers.py
var peersPy []byte

// Packages are what the Python peers need. Wheels are built for some platforms only, and
// the peers whose wheels are missing are left out.
var (
	Packages = []string{"numpy", "hnswlib==0.8.0", "usearch==2.26.6", "faiss-cpu==1.15.1"}
	Wheels   = []string{"scalable-vs==0.5.0"}
)

// Environment creates a Python environment with the packages in dir, and with those of the
// wheels that there are for this platform, and returns its interpreter. It does so once for
// each list of packages.
func Environment(ctx context.Context, dir string, packages, wheels []string) (string, error) {
	python := filepath.Join(dir, "bin", "python")
	done := filepath.Join(dir, "complete")
	list := strings.Join(append(slices.Clone(packages), wheels...), "\n")
	if b, err := os.ReadFile(done); err == nil && string(b) == list {
		return python, nil
	}
	slog.Info("installing Python packages", "in", dir)
	install := []string{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"}
	for _, args := range [][]string{
		{"python3", "-m", "venv", dir},
		append(slices.Clone(install), packages...),
	} {
		if err := command(ctx, args); err != nil {
			return "", fmt.Errorf("%w (or name an interpreter with -python)", err)
		}
	}
	for _, w := range wheels {
		if err := command(ctx, append(slices.Clone(install), "--only-binary=:all:", w)); err != nil {
			if ctx.Err() != nil {
				return "", err
			}
			slog.Warn("no wheel for this platform", "package", w, "error", err)
		}
	}
	return python, os.WriteFile(done, []byte(list), 0o600)
}

func command(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// Name implements Engine.
func (p *Python) Name() string {
	if p.Full {
		return p.Peer + " full"
	}
	return p.Peer
}

// Close implements Engine: it ends the peer's process.
func (p *Python) Close() error {
	if p.cmd == nil {
		return nil
	}
	cmd := p.cmd
	p.cmd = nil
	return errors.Join(p.in.Close(), cmd.Wait())
}

type reply struct {
	CPU    time.Duration `json:"cpu"`
	Wall   time.Duration `json:"wall"`
	Bytes  float64       `json:"bytes"`
	Cached bool          `json:"cached"`

	Missing string `json:"missing"` // the module that the peer is in and that is not there
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

// Build implements Engine. The index and its build time are kept in cache, under the name
// of the set and checksums of its vectors and of what makes the index.
func (p *Python) Build(ctx context.Context, s *dataset.Set, cache string) (Build, error) {
	p.set = s
	dims, base, query, what := s.HeadDims, s.BaseHead, s.QueryHead, "heads"
	if p.Full {
		dims, base, query, what = s.Dims, s.Base, s.Query, "vectors"
	}
	m := M
	if p.Peer == "svs" {
		m = VamanaDegree
	}
	sum := sha256.Sum256(quant.Bytes(base))
	key := filepath.Join(cache, fmt.Sprintf("%s-%x", s.Name, sum[:6]))
	maker := sha256.Sum256(fmt.Append(slices.Clone(peersPy), Packages, Wheels))
	script := filepath.Join(cache, "peers.py")
	files := filepath.Join(cache, strings.ReplaceAll(p.Name(), " ", "-"))
	p.found = files + ".found.u32"
	if err := errors.Join(
		os.WriteFile(script, peersPy, 0o600),
		os.WriteFile(files+".query.f32", quant.Bytes(query), 0o600),
		keep(key+".base.f32", quant.Bytes(base)),
	); err != nil {
		return Build{}, err
	}
	p.cmd = exec.CommandContext(ctx, p.Interpreter, script)
	p.cmd.Stderr = os.Stderr
	p.cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	in, err1 := p.cmd.StdinPipe()
	out, err2 := p.cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		p.cmd = nil
		return Build{}, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return Build{}, err
	}
	r, err := p.call(map[string]any{
		"op": "build", "peer": p.Peer, "dims": dims, "m": m, "efc": EfConstruction,
		"base": key + ".base.f32", "query": files + ".query.f32",
		"index": fmt.Sprintf("%s.%s.m%d.efc%d-%x", key, p.Peer, m, EfConstruction, maker[:4]),
	})
	if err == nil && r.Missing != "" {
		err = fmt.Errorf("the Python package with %s: %w", r.Missing, ErrMissing)
	}
	return Build{
		Time: Time{r.CPU, r.Wall}, Bytes: r.Bytes, Cached: r.Cached,
		Parts: []Part{{"graph with " + what, r.Bytes}},
	}, err
}

// keep writes a file unless there is one of that name and length.
func keep(path string, b []byte) error {
	if st, err := os.Stat(path); err == nil && st.Size() == int64(len(b)) {
		return nil
	}
	return os.WriteFile(path, b, 0o600)
}

// Sweep implements Engine.
func (p *Python) Sweep() [][]Config {
	var stages [][]Config
	for _, ef := range efs {
		var cs []Config
		for _, depth := range []int{12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024} {
			// Heads need many candidates for the rerank, all dimensions few.
			if depth <= ef && (p.Full && depth <= 32 || !p.Full && depth >= ef/6) {
				cs = append(cs, Config{Ef: ef, Depth: depth})
			}
		}
		stages = append(stages, cs)
	}
	return stages
}

// Run implements Engine: for each beam width one pass for the largest depth, reranked to
// each depth.
func (p *Python) Run(_ context.Context, first, n int, cs []Config) ([]Run, error) {
	var runs []Run
	for _, group := range groupByEf(cs) {
		k := 0
		for _, c := range group {
			k = max(k, c.Depth)
		}
		r, err := p.call(map[string]any{"op": "search", "ef": group[0].Ef, "k": k, "first": first, "n": n, "out": p.found})
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
					top = rr.top10(top, first+q, found[q*k:q*k+c.Depth])
				}
			})
			runs = append(runs, Run{Config: c, Time: t.Add(Time{r.CPU, r.Wall}), Top: top})
		}
	}
	return runs, nil
}
