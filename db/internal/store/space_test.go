package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// churn replaces n documents of 1.8 KB in batches of 100, rounds times, and returns the
// space after each round, and the time that the rounds took.
func churn(t testing.TB, s *Store, cid uint32, n, rounds int, after func(round int, bytes int64, took time.Duration)) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	for round := range rounds {
		start := time.Now()
		for i := 0; i < n; i += 100 {
			var b Batch
			b.Collection = cid
			for j := i; j < i+100; j++ {
				vec := make([]float32, 384)
				for k := range vec {
					vec[k] = rng.Float32()
				}
				id := fmt.Sprint(j)
				b.Puts = append(b.Puts, Put{ID: id, Record: AppendRecord(nil, &Record{ID: id, Text: fmt.Sprintf("%0250d", rng.Uint64())}), Vector: AppendVector(nil, vec)})
			}
			done, err := s.Commit(&b)
			if err != nil {
				t.Fatal(err)
			}
			done.Release()
			if err := s.Reclaim(cid, done.Dead); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.TrimLog(cid, s.State(cid).Seq-1); err != nil { // as snapshots do
			t.Fatal(err)
		}
		after(round, s.DiskBytes(), time.Since(start))
	}
}

// Under steady churn the store does not grow beyond twice its data and the log, without
// being asked to compact.
func TestSpaceUnderChurn(t *testing.T) {
	n, rounds := 20_000, 12
	if testing.Short() {
		n, rounds = 15_000, 6
	}
	s, err := Open(t.TempDir(), Options{SyncEvery: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	cid := create(t, s, "c")
	data := int64(n) * 1900
	const log = 2 * 64 << 20 // one that is written, and one that becomes a table
	const late = 16 << 20    // what comes in while the background is held up by others
	var last int64
	churn(t, s, cid, n, rounds, func(_ int, bytes int64, _ time.Duration) { last = max(last, bytes) })
	if last > 2*data+log+late {
		t.Errorf("%d MB for %d MB of data", last>>20, data>>20)
	}
}

// BenchmarkChurn replaces 50,000 documents twenty times, with and without compactions in
// the background:
//
//	go test ./db/internal/store -run ^$ -bench Churn -benchtime 1x
func BenchmarkChurn(b *testing.B) {
	for _, least := range []uint64{math.MaxUint64, garbageLeast} {
		name := "compacting"
		if least == math.MaxUint64 {
			name = "not compacting"
		}
		b.Run(name, func(b *testing.B) {
			defer func(was uint64) { garbageLeast = was }(garbageLeast)
			garbageLeast = least
			for b.Loop() {
				s, err := Open(b.TempDir(), Options{SyncEvery: 1 << 40})
				if err != nil {
					b.Fatal(err)
				}
				cid := create(b, s, "c")
				var took time.Duration
				var most int64
				churn(b, s, cid, 50_000, 21, func(round int, bytes int64, t time.Duration) {
					b.Logf("round %d: %d MB, %.1f s", round, bytes/1e6, t.Seconds())
					if round > 0 {
						took += t
						most = max(most, bytes)
					}
				})
				if err := s.Compact(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(most)/1e6, "MB-most")
				b.ReportMetric(float64(s.DiskBytes())/1e6, "MB-compacted")
				b.ReportMetric(20*50_000/took.Seconds(), "docs/s")
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
