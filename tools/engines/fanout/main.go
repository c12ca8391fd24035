// Command fanout says how long a search of many shards takes, from how long one takes: it
// waits for the slowest of all. It reads latencies in milliseconds, one a line, as
// `bench -latencies` writes them, and prints a table for docs/scale.md.
//
//	go run ./tools/engines/fanout latencies.txt
//
// Shards are drawn from the sample independently of each other. So the times are those of
// shards that have machines of their own; on shared ones, slow moments come together.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	searches := flag.Int("searches", 100_000, "simulated searches for each number of shards")
	seed := flag.Uint64("seed", 1, "seed of the simulation")
	after := flag.Float64("hedge", 0.95, "ask a copy of a shard that takes longer than this quantile; 0 for never")
	flag.Parse()
	if err := run(flag.Args(), *searches, *seed, *after, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fanout:", err)
		os.Exit(1)
	}
}

func run(paths []string, searches int, seed uint64, after float64, out io.Writer) error {
	if len(paths) == 0 || searches < 1 || after < 0 || after >= 1 {
		return errors.New("want files of latencies, a number of searches, and a quantile below 1")
	}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		one, err := read(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		fmt.Fprintf(out, "%s, %d searches\n\n| shards | p50 | p99 | p99, hedged | asked twice |\n| --- | --- | --- | --- | --- |\n", path, len(one))
		for _, shards := range []int{1, 2, 4, 8, 16, 32, 64, 128} {
			rng := rand.New(rand.NewPCG(seed, uint64(shards)))
			plain, _ := simulate(rng, one, shards, searches, 0)
			hedged, twice := simulate(rng, one, shards, searches, after)
			fmt.Fprintf(out, "| %d | %.1f ms | %.1f ms | %.1f ms | %.1f %% |\n", shards, quantile(plain, 0.5), quantile(plain, 0.99), quantile(hedged, 0.99), 100*twice)
		}
	}
	return nil
}

// read reads latencies, in ascending order.
func read(r io.Reader) (list []float64, err error) {
	in := bufio.NewScanner(r)
	for in.Scan() {
		if line := strings.TrimSpace(in.Text()); line != "" {
			ms, err := strconv.ParseFloat(line, 64)
			if err != nil || ms < 0 {
				return nil, fmt.Errorf("%q is no time in milliseconds", line)
			}
			list = append(list, ms)
		}
	}
	if len(list) == 0 {
		return nil, errors.Join(errors.New("no latencies"), in.Err())
	}
	slices.Sort(list)
	return list, in.Err()
}

// simulate returns the times of searches that wait for the slowest of n shards, in
// ascending order. With a quantile, another copy of a shard is asked as well that has not
// answered by then, and the faster counts; twice is the share of such shards.
func simulate(rng *rand.Rand, one []float64, n, searches int, after float64) (all []float64, twice float64) {
	limit := quantile(one, after)
	all = make([]float64, searches)
	asked := 0
	for i := range all {
		for range n {
			ms := one[rng.IntN(len(one))]
			if after > 0 && ms > limit {
				asked++
				ms = min(ms, limit+one[rng.IntN(len(one))])
			}
			all[i] = max(all[i], ms)
		}
	}
	slices.Sort(all)
	return all, float64(asked) / float64(n*searches)
}

// quantile is a value of a list in ascending order, below which a share of it is.
func quantile(list []float64, q float64) float64 {
	return list[min(len(list)-1, int(q*float64(len(list))))]
}
