package pipeline

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 draws one")

// fake is a reader of prepared events.
type fake struct {
	events []any // source.Record or error
	n      atomic.Int64
}

func (f *fake) Next() (source.Record, error) {
	i := int(f.n.Load())
	if i >= len(f.events) {
		return source.Record{}, io.EOF
	}
	f.n.Add(1)
	switch e := f.events[i].(type) {
	case source.Record:
		return e, nil
	case error:
		return source.Record{}, e
	}
	panic("not an event")
}

func (f *fake) Close() error     { return nil }
func (f *fake) BytesRead() int64 { return f.n.Load() }
func (f *fake) Size() int64      { return int64(len(f.events)) }

func records(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = source.Record{ID: fmt.Sprint(i), Text: strings.Repeat("x", 1+i*7919%97), Line: int64(i)}
	}
	return out
}

// TestOrder compares random inputs with a plain loop: the same records in the same
// order, with rejected and skipped ones counted.
func TestOrder(t *testing.T) {
	t.Parallel()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("replay with: go test -run '^TestOrder$' ./cmd/frony-db/internal/pipeline -seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 9))
	for range 200 {
		var events []any
		var want []string
		var rejected, skipped, read int64
		for i := range rng.IntN(200) {
			switch rng.IntN(10) {
			case 0:
				events = append(events, &source.Reject{Line: int64(i)})
				rejected++
				read++
			case 1:
				events = append(events, &source.FileError{File: "f", Err: io.ErrUnexpectedEOF})
			default:
				rec := source.Record{ID: fmt.Sprint(i), Text: strings.Repeat("x", rng.IntN(100))}
				events = append(events, rec)
				read++
				switch i % 7 {
				case 0: // skipped by Prepare
					skipped++
				case 1: // rejected by Prepare
					rejected++
				case 2: // rejected by Write
					rejected++
				case 3: // two pieces
					want = append(want, rec.ID+"a", rec.ID+"b")
				default:
					want = append(want, rec.ID)
				}
			}
		}
		var got []string
		var told int64
		opts := &Options{
			Window: 1 + rng.IntN(20), WindowBytes: 1 + rng.IntN(40000), Windows: 1 + rng.IntN(4),
		}
		p, err := New(&fake{events: events}, Stages{
			Prepare: func(_ context.Context, r source.Record) ([]source.Record, error) {
				var n int
				if _, err := fmt.Sscan(r.ID, &n); err != nil {
					return nil, err
				}
				switch n % 7 {
				case 0:
					return nil, nil
				case 1:
					return nil, &source.Reject{Reason: "prepare"}
				case 3:
					a, b := r, r
					a.ID += "a"
					b.ID += "b"
					return []source.Record{a, b}, nil
				}
				return []source.Record{r}, nil
			},
			Write: func(_ context.Context, rs []source.Record) (int, []*source.Reject, error) {
				var rejects []*source.Reject
				stored := 0
				for i, r := range rs {
					if strings.HasSuffix(r.ID, "b") && i == 0 {
						t.Errorf("seed %d: the pieces of %s came in two calls", seed, r.ID)
					}
					var n int
					if _, err := fmt.Sscan(strings.Trim(r.ID, "ab"), &n); err != nil {
						t.Error(err)
					}
					if n%7 == 2 {
						rejects = append(rejects, &source.Reject{Reason: "write"})
						continue
					}
					stored++
					got = append(got, r.ID)
				}
				return stored, rejects, nil
			},
			Reject: func(*source.Reject) error { told++; return nil },
			Failed: func(*source.FileError) error { return nil },
		}, opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		s := p.Stats()
		if !reflect.DeepEqual(got, want) || told != rejected || s.Rejected != rejected || s.Skipped != skipped ||
			s.Read != read || s.Written != int64(len(want)) {
			t.Fatalf("seed %d, %+v:\ngot  %v\nwant %v\nrejected %d told %d skipped %d read %d, stats %+v",
				seed, *opts, got, want, rejected, told, skipped, read, s)
		}
	}
}

// TestBackPressure: if the store stalls, reading stops after Windows windows.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fake{events: records(1000)}
		release := make(chan struct{})
		p, err := New(r, Stages{
			Write: func(_ context.Context, rs []source.Record) (int, []*source.Reject, error) {
				<-release
				return len(rs), nil, nil
			},
		}, &Options{Window: 10, Windows: 3})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- p.Run(t.Context()) }()
		synctest.Wait()
		if n := r.n.Load(); n != 30 {
			t.Errorf("%d records were read while the store stood still, want 30", n)
		}
		close(release)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if s := p.Stats(); s.Written != 1000 {
			t.Errorf("%+v", s)
		}
	})
}

// TestErrors: an error in any stage ends the run and is returned. Synctest fails the
// test if a goroutine is left.
func TestErrors(t *testing.T) {
	boom := errors.New("boom")
	for name, broken := range map[string]func(*fake, *Stages){
		"reading": func(f *fake, _ *Stages) { f.events[500] = boom },
		"Prepare": func(_ *fake, s *Stages) {
			s.Prepare = func(_ context.Context, r source.Record) ([]source.Record, error) {
				if r.ID == "500" {
					return nil, boom
				}
				return []source.Record{r}, nil
			}
		},
		"Write": func(_ *fake, s *Stages) {
			s.Write = func(context.Context, []source.Record) (int, []*source.Reject, error) { return 0, nil, boom }
		},
		"Reject": func(f *fake, s *Stages) {
			f.events[500] = &source.Reject{}
			s.Reject = func(*source.Reject) error { return boom }
		},
		"Failed": func(f *fake, s *Stages) {
			f.events[500] = &source.FileError{Err: errors.New("ended")}
			s.Failed = func(*source.FileError) error { return boom }
		},
		"no Failed": func(f *fake, _ *Stages) { f.events[500] = &source.FileError{Err: boom} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{events: records(1000)}
				s := Stages{
					Write: func(_ context.Context, rs []source.Record) (int, []*source.Reject, error) { return len(rs), nil, nil },
				}
				broken(f, &s)
				p, err := New(f, s, &Options{Window: 10})
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Run(t.Context()); !errors.Is(err, boom) {
					t.Errorf("Run: %v", err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, err := New(&fake{events: records(1000)}, Stages{
			Write: func(ctx context.Context, _ []source.Record) (int, []*source.Reject, error) {
				cancel()
				<-ctx.Done()
				return 0, nil, ctx.Err()
			},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestOptions(t *testing.T) {
	_, err := New(&fake{}, Stages{}, &Options{Window: -1, Windows: -2})
	for _, want := range []string{"Window -1", "Windows -2", "no Write"} {
		if !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q named", err, want)
		}
	}
}
