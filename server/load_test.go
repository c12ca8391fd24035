package server_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

// For figures: go test ./server -run UnderLoad -v -load 60s -load-docs 100000
// and:         go test ./server -run xxx -bench Search -load-docs 100000.
var (
	loadTime = flag.Duration("load", time.Second, "how long TestUnderLoad overloads the server")
	loadDocs = flag.Int("load-docs", 2000, "documents that are searched under load")
)

var syllables = []string{"서울", "부산", "바다", "기차", "여름", "겨울", "도서관", "김치", "river", "winter", "train", "market", "signal", "garden", "letter", "bridge"}

func sentence(rng *rand.Rand) string {
	words := make([]string, 6)
	for i := range words {
		words[i] = syllables[rng.IntN(len(syllables))] + syllables[rng.IntN(len(syllables))] + syllables[rng.IntN(len(syllables))]
	}
	return strings.Join(words, " ")
}

// loaded is a server on a port of its own with documents to search.
func loaded(tb testing.TB, l server.Limits) (url string, c *db.Collection) {
	tb.Helper()
	e := builtin.New()
	d, err := db.Open(tb.TempDir(), &db.Options{Embedder: e, SyncEvery: time.Second})
	if err != nil {
		tb.Fatal(err)
	}
	if c, err = d.Collection(tb.Context(), "notes", nil); err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for from := 0; from < *loadDocs; from += 1000 {
		docs := make([]db.Document, min(1000, *loadDocs-from))
		for i := range docs {
			docs[i] = db.Document{ID: fmt.Sprint(from + i), Text: sentence(rng)}
		}
		if _, err := c.Upsert(tb.Context(), docs...); err != nil {
			tb.Fatal(err)
		}
	}
	s, err := server.New(engine.Local(d), &server.Options{Embedder: e, Limits: l})
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Warm(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	ln, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	h := s.HTTPServer()
	go func() { _ = h.Serve(ln) }()
	tb.Cleanup(func() {
		_ = h.Close()
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return "http://" + ln.Addr().String(), c
}

// questioner sends queries over connections of its own, which it keeps open.
type questioner struct {
	http *http.Client
	url  string
}

func newQuestioner(url string, connections int) *questioner {
	return &questioner{&http.Client{Transport: &http.Transport{
		MaxIdleConns: connections, MaxIdleConnsPerHost: connections, DisableCompression: true,
	}}, url + notes + "/search"}
}

func (q *questioner) ask(ctx context.Context, text string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.url, strings.NewReader(`{"k":10,"text":"`+text+`"}`))
	if err != nil {
		return 0, "", err
	}
	res, err := q.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, int(q*float64(len(d))))]
}

// Sixteen clients per CPU send one query after another: accepted queries are answered
// correctly, others are refused quickly, and memory does not grow.
func TestUnderLoad(t *testing.T) {
	url, _ := loaded(t, server.Limits{})
	var alone []time.Duration
	q := newQuestioner(url, 1)
	rng := rand.New(rand.NewPCG(2, 2))
	for end := time.Now().Add(min(*loadTime, 10*time.Second)); time.Now().Before(end); {
		began := time.Now()
		if status, body, err := q.ask(t.Context(), sentence(rng)); status != 200 || err != nil {
			t.Fatal(status, body, err)
		}
		alone = append(alone, time.Since(began))
	}
	clients := 16 * runtime.GOMAXPROCS(0)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	runtime.GC()
	before, most := heap(), uint64(0)
	var mu sync.Mutex
	var accepted, refused []time.Duration
	var wrong atomic.Int64
	q = newQuestioner(url, clients)
	ctx, cancel := context.WithTimeout(t.Context(), *loadTime)
	defer cancel()
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(3, uint64(i)))
			var ok, no []time.Duration
			for ctx.Err() == nil {
				began := time.Now()
				status, body, err := q.ask(t.Context(), sentence(rng))
				took := time.Since(began)
				switch {
				case err != nil:
					wrong.Add(1)
				case status == 200 && strings.Count(body, `"id":`) == 10:
					ok = append(ok, took)
				case status == 503 && strings.Contains(body, "overloaded"):
					no = append(no, took)
					time.Sleep(time.Duration(20+rng.IntN(20)) * time.Millisecond)
				default:
					wrong.Add(1)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			accepted, refused = append(accepted, ok...), append(refused, no...)
		})
	}
	watch := time.NewTicker(100 * time.Millisecond)
	defer watch.Stop()
	for running := true; running; {
		select {
		case <-watch.C:
			most = max(most, heap())
		case <-ctx.Done():
			running = false
		}
	}
	wg.Wait()
	p99 := quantile(accepted, .99)
	t.Logf("alone:    %d searches, p50 %s, p99 %s", len(alone), quantile(alone, .5), quantile(alone, .99))
	t.Logf("overload: %d clients for %s: %d accepted (%.0f/s), p50 %s, p99 %s = %.1f × alone",
		clients, *loadTime, len(accepted), float64(len(accepted))/loadTime.Seconds(), quantile(accepted, .5), p99,
		float64(p99)/float64(quantile(alone, .99)))
	t.Logf("refused:  %d, p50 %s, p99 %s; heap %d MiB before, at most %d MiB",
		len(refused), quantile(refused, .5), quantile(refused, .99), before>>20, most>>20)
	if wrong.Load() > 0 || len(accepted) == 0 {
		t.Errorf("%d answers were wrong, %d right", wrong.Load(), len(accepted))
	}
	if most > before+256<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, most)
	}
	if took := quantile(refused, .99); took > 3*time.Second {
		t.Errorf("refusals took %s", took)
	}
}

func BenchmarkSearch(b *testing.B) {
	url, c := loaded(b, server.Limits{Searches: 64})
	for _, clients := range []int{1, 8, 64} {
		q := newQuestioner(url, clients)
		for name, search := range map[string]func(string) error{
			"library": func(text string) error {
				_, err := c.Search(b.Context(), db.Query{Text: text, K: 10})
				return err
			},
			"http": func(text string) error {
				status, body, err := q.ask(b.Context(), text)
				if err == nil && status != http.StatusOK {
					err = fmt.Errorf("%d %s", status, body)
				}
				return err
			},
		} {
			b.Run(fmt.Sprintf("%s/clients=%d", name, clients), func(b *testing.B) {
				took := make([][]time.Duration, clients)
				var left atomic.Int64
				left.Store(int64(b.N))
				var wg sync.WaitGroup
				b.ResetTimer()
				for i := range clients {
					wg.Go(func() {
						rng := rand.New(rand.NewPCG(4, uint64(i)))
						for left.Add(-1) >= 0 {
							text := sentence(rng)
							began := time.Now()
							if err := search(text); err != nil {
								b.Error(err)
								return
							}
							took[i] = append(took[i], time.Since(began))
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				all := slices.Concat(took...)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "searches/s")
				b.ReportMetric(float64(quantile(all, .5).Microseconds()), "p50-µs")
				b.ReportMetric(float64(quantile(all, .99).Microseconds()), "p99-µs")
			})
		}
	}
}
