package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkRecord reads documents by their nodes: uniformly, and four of five
// from a hundredth of them, as searches do.
func BenchmarkRecord(b *testing.B) {
	const n = 60_000
	dir := b.TempDir()
	s, err := Open(dir, Options{SyncEvery: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	info, err := s.CreateCollection("c", nil)
	if err != nil {
		b.Fatal(err)
	}
	fill(b, s, info.ID, 0, n)
	if err := s.Compact(); err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for _, mib := range []int64{0, 16, 64, 256} {
		for _, hot := range []bool{false, true} {
			b.Run(fmt.Sprintf("cache=%dMiB/hot=%v", mib, hot), func(b *testing.B) {
				s, err := Open(dir, Options{CacheBytes: mib << 20})
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = s.Close() }()
				v := s.View(nil)
				defer v.Close()
				rng := rand.New(rand.NewPCG(1, 2))
				for b.Loop() {
					node := rng.Uint32N(n)
					if hot && rng.IntN(5) > 0 {
						node %= n / 100
					}
					if _, ok, err := v.Record(info.ID, node, WithText); !ok || err != nil {
						b.Fatal(ok, err)
					}
				}
			})
		}
	}
}

// BenchmarkLedger is what a commit pays for noticing a loss.
func BenchmarkLedger(b *testing.B) {
	l, err := openLedger(b.TempDir(), acknowledged{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.close() }()
	for ts := uint64(0); b.Loop(); ts++ {
		if err := l.wrote(ts, true, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInspect is what an opening pays for reading every block, in the page cache.
func BenchmarkInspect(b *testing.B) {
	dir := b.TempDir()
	s, err := Open(dir, Options{SyncEvery: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	info, err := s.CreateCollection("c", nil)
	if err != nil {
		b.Fatal(err)
	}
	fill(b, s, info.ID, 0, 60_000)
	b.SetBytes(s.DiskBytes())
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if i, err := inspect(dir, false); err != nil || i.err() != nil {
			b.Fatal(err, i.err())
		}
	}
}
