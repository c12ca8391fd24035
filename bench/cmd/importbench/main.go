// Command importbench measures frony-db import as a user runs it, as a whole process. It
// compares it with the graph alone: the same vectors, added to package hnsw by as many
// goroutines as there are cores, and nothing else.
//
//	go run -C bench ./cmd/importbench -n 10000,100000 -rounds 3
//	GOMAXPROCS=1 go run -C bench ./cmd/importbench -only texts          # every format, embedded default, one core
//	go run -C bench ./cmd/importbench -n 400 -rounds 1 -layers 12 -only texts/transformer
//	go run -C bench ./cmd/importbench -n 1000000 -rounds 1 -only 'JSONL, embeddings'
//
// Each round goes through all kinds of files. The medians are printed: documents and
// megabytes per second, the share of the graph's rate in wall time and in CPU time (which
// a busy machine does not distort), the share of time in which the embedder was busy, peak
// resident memory including mapped files, and the time and heap that opening the database
// takes afterwards.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/bench/host"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

const (
	dims     = 384
	headDims = 192
)

func main() {
	sizes := flag.String("n", "10000,100000", "documents")
	rounds := flag.Int("rounds", 3, "number of measurements")
	seed := flag.Uint64("seed", 1, "seed for vectors and texts")
	dir := flag.String("dir", "", "folder for files and databases (default: a temporary one)")
	only := flag.String("only", "", "measure only these kinds, separated by ; (a name, or its part before the colon)")
	layers := flag.Int("layers", 0, "also embed with a random BERT with 384 dims and this many layers, which is slow")
	flag.Parse()
	for s := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err == nil {
			err = measure(*dir, *only, n, *rounds, *layers, *seed)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "importbench:", err)
			os.Exit(1)
		}
	}
}

// kind is a kind of file, with the reports of import for each round.
type kind struct {
	name string
	file string
	args []string
	runs []outcome
}

// cost is the wall time and CPU time of a run.
type cost struct{ wall, cpu time.Duration }

// outcome is one run of import.
type outcome struct {
	cost
	peak  int64 // bytes
	share float64
	graph cost // of the graph alone, in the same round
	open  time.Duration
	heap  int64 // bytes, of the open database
	said  struct {
		Added int64
		Bytes int64
		Embed *float64 `json:"embed_share"`
	}
}

func measure(parent, only string, n, rounds, layers int, seed uint64) error {
	dir, err := os.MkdirTemp(parent, "importbench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bin := filepath.Join(dir, "frony-db")
	build := exec.Command("go", "build", "-o", bin, "./cmd/frony-db")
	build.Dir = ".." // the product's own module: go run -C bench starts this in bench
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	base, _ := dataset.Generate(n, 0, dims, seed)
	kinds := []*kind{
		{name: "JSONL, embeddings", file: "v.jsonl", args: []string{"--model", "builtin"}},
		{name: "JSONL, embeddings and texts", file: "vt.jsonl", args: []string{"--model", "builtin"}},
		{name: "Parquet, embeddings", file: "v.parquet", args: []string{"--model", "builtin"}},
		{name: "Parquet, embeddings and texts", file: "vt.parquet", args: []string{"--model", "builtin"}},
		{name: "texts: JSONL", file: "t.jsonl"},
		{name: "texts: CSV", file: "t.csv"},
		{name: "texts: Parquet", file: "t.parquet"},
		{name: "texts: Markdown, a file each", file: "t"},
	}
	if layers > 0 {
		model := filepath.Join(dir, "model")
		if err := writeModel(model, layers, seed); err != nil {
			return err
		}
		kinds = append(kinds, &kind{name: fmt.Sprintf("texts/transformer: JSONL, %d layers", layers), file: "t.jsonl", args: []string{"--model", model}})
	}
	kinds = slices.DeleteFunc(kinds, func(k *kind) bool {
		group, _, _ := strings.Cut(k.name, ":")
		asked := strings.Split(only, ";")
		return only != "" && !slices.Contains(asked, k.name) && !slices.Contains(asked, group)
	})
	if err := files(dir, bin, kinds, base, n, seed); err != nil {
		return err
	}
	for range rounds {
		graph, err := graphAlone(base, n)
		if err != nil {
			return err
		}
		for _, k := range kinds {
			o, err := imported(bin, dir, filepath.Join(dir, k.file), k.args)
			if err != nil {
				return err
			}
			if o.said.Added != int64(n) {
				return fmt.Errorf("%s: %d documents imported, want %d", k.name, o.said.Added, n)
			}
			o.graph = graph
			k.runs = append(k.runs, o)
		}
	}
	report(n, rounds, kinds)
	return nil
}

// graphAlone builds the graph.
func graphAlone(base []float32, n int) (c cost, err error) {
	head, err := quant.NewQuantizer(headDims)
	if err != nil {
		return c, err
	}
	codes, err := quant.NewCodes(headDims)
	if err != nil {
		return c, err
	}
	graph, err := hnsw.New(codes, nil)
	if err != nil {
		return c, err
	}
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	errs := make([]error, workers)
	start, cpu := time.Now(), cpuTime()
	code := make([]byte, head.CodeSize())
	for i := range n {
		head.Encode(code, base[i*dims:i*dims+headDims])
		codes.Set(uint32(i), code)
	}
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				errs[w] = graph.Add(uint32(i))
			}
		})
	}
	wg.Wait()
	c = cost{time.Since(start), cpuTime() - cpu}
	for _, err := range errs {
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// imported imports a file into a new database.
func imported(bin, dir, file string, args []string) (o outcome, err error) {
	into := filepath.Join(dir, "db")
	defer func() { _ = os.RemoveAll(into) }()
	cmd := exec.Command(bin, append([]string{"import", file, "--db", into, "--json", "-q"}, args...)...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return o, fmt.Errorf("import %s: %w", file, err)
	}
	o.cost = cost{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	o.peak = peak(cmd.ProcessState)
	if err := json.Unmarshal(out, &o.said); err != nil {
		return o, err
	}
	if o.said.Embed != nil {
		o.share = *o.said.Embed
	}
	return o, o.opened(into)
}

// opened opens the database that was imported.
func (o *outcome) opened(dir string) (err error) {
	e := builtin.New()
	before := host.Heap()
	start := time.Now()
	d, err := db.Open(dir, &db.Options{Embedder: e})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := d.Collection(context.Background(), "default", nil); err != nil {
		return err
	}
	o.open = time.Since(start)
	o.heap = host.Heap() - before
	return nil
}

func report(n, rounds int, kinds []*kind) {
	fmt.Printf("\n%d documents, %d cores, medians of %d rounds\n\n", n, runtime.GOMAXPROCS(0), rounds)
	fmt.Println("| file | documents/s | MB/s | of the graph's rate | by processor time | embedder at work | peak memory | opens in | heap |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, k := range kinds {
		rate := median(k.runs, func(o outcome) float64 { return float64(n) / o.wall.Seconds() })
		mb := median(k.runs, func(o outcome) float64 { return float64(o.said.Bytes) / 1e6 / o.wall.Seconds() })
		part := median(k.runs, func(o outcome) float64 { return o.graph.wall.Seconds() / o.wall.Seconds() })
		work := median(k.runs, func(o outcome) float64 { return o.graph.cpu.Seconds() / o.cpu.Seconds() })
		share := median(k.runs, func(o outcome) float64 { return o.share })
		peak := median(k.runs, func(o outcome) float64 { return float64(o.peak) / (1 << 20) })
		open := median(k.runs, func(o outcome) float64 { return o.open.Seconds() })
		heap := median(k.runs, func(o outcome) float64 { return float64(o.heap) / (1 << 20) })
		fmt.Printf("| %s | %.0f | %.1f | %.0f %% | %.0f %% | %.0f %% | %.0f MiB | %.2f s | %.0f MiB |\n",
			k.name, rate, mb, 100*part, 100*work, 100*share, peak, open, heap)
	}
	graph := median(kinds[0].runs, func(o outcome) float64 { return float64(n) / o.graph.wall.Seconds() })
	fmt.Printf("\nthe graph alone: %.0f/s\n", graph)
}

func median(runs []outcome, f func(outcome) float64) float64 {
	var v []float64
	for _, r := range runs {
		v = append(v, f(r))
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// files writes the files to import. Parquet and CSV come from export.
func files(dir, bin string, kinds []*kind, base []float32, n int, seed uint64) error {
	wanted := func(name string) bool {
		return slices.ContainsFunc(kinds, func(k *kind) bool { return k.file == name })
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	folder := filepath.Join(dir, "t")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	for _, f := range []struct {
		name          string
		vectors, text bool
		formats       []string
	}{{"v", true, false, []string{"parquet"}}, {"vt", true, true, []string{"parquet"}}, {"t", false, true, []string{"parquet", "csv"}}} {
		f.formats = slices.DeleteFunc(f.formats, func(format string) bool { return !wanted(f.name + "." + format) })
		if !wanted(f.name+".jsonl") && !(f.name == "t" && wanted("t")) && len(f.formats) == 0 {
			continue
		}
		if err := jsonl(filepath.Join(dir, f.name+".jsonl"), n, func(b []byte, i int) ([]byte, error) {
			b = fmt.Appendf(b, `{"id":"doc-%d","year":%d,"lang":%q`, i, 2000+i%25, []string{"ko", "en"}[i%2])
			if f.text {
				text := passage(rng)
				b = fmt.Appendf(b, `,"text":%q`, text)
				if !f.vectors {
					if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("doc-%d.md", i)), []byte(text), 0o644); err != nil {
						return nil, err
					}
				}
			}
			if f.vectors {
				b = append(b, `,"embedding":[`...)
				for d, x := range base[i*dims : (i+1)*dims] {
					if d > 0 {
						b = append(b, ',')
					}
					b = strconv.AppendFloat(b, float64(x), 'g', -1, 32)
				}
				b = append(b, ']')
			}
			return append(b, "}\n"...), nil
		}); err != nil {
			return err
		}
		if len(f.formats) == 0 {
			continue
		}
		if err := exported(bin, dir, f.name, f.formats, f.vectors); err != nil {
			return err
		}
	}
	return nil
}

// exported converts a JSONL file to other formats.
func exported(bin, dir, name string, formats []string, vectors bool) error {
	db := filepath.Join(dir, "db")
	defer func() { _ = os.RemoveAll(db) }()
	runs := [][]string{{"import", filepath.Join(dir, name+".jsonl"), "--model", "builtin"}}
	for _, format := range formats {
		export := []string{"export", "-o", filepath.Join(dir, name+"."+format)}
		if vectors {
			export = append(export, "--embeddings")
		}
		runs = append(runs, export)
	}
	for _, args := range runs {
		if out, err := exec.Command(bin, append(args, "--db", db, "-q")...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", args[0], err, out)
		}
	}
	return nil
}

func jsonl(path string, n int, line func([]byte, int) ([]byte, error)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	var b []byte
	for i := range n {
		if b, err = line(b[:0], i); err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

var words = strings.Fields("서울 부산 바다 산 강 도서관 시장 학교 병원 음악 영화 축구 요리 여행 날씨 경제 정치 역사 과학 기술 " +
	"spring river mountain library market school hospital music film football cooking travel weather economy history science")

// passage returns about forty words of a skewed vocabulary.
func passage(r *rand.Rand) string {
	var b strings.Builder
	for i := range 40 {
		if i > 0 {
			b.WriteByte(' ')
		}
		w := words[int(float64(len(words))*r.Float64()*r.Float64())]
		b.WriteString(w)
		if r.IntN(3) == 0 {
			b.WriteString(strconv.Itoa(r.IntN(5000)))
		}
	}
	return b.String()
}
