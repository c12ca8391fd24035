package hnsw

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// Load makes a graph over space from a snapshot in memory, such as a mapped
// file. It checks every sum and every link, on all cores, copies what it needs,
// and keeps nothing of data. The error wraps ErrCorrupt or ErrVersion.
func Load(data []byte, space Space) (*Graph, error) {
	if len(data) < headerSize {
		return nil, fmt.Errorf("%w: %d bytes are less than a header", ErrCorrupt, len(data))
	}
	d, err := newDecoder(data[:headerSize], space)
	if err != nil {
		return nil, err
	}
	if want := d.h.size(); want != int64(len(data)) {
		return nil, fmt.Errorf("%w: %d bytes, and the header says %d", ErrCorrupt, len(data), want)
	}
	rest := data[headerSize:]
	cuts := make([][]byte, d.blocks())
	for i := range cuts {
		size := d.size(i)
		cuts[i], rest = rest[:size], rest[size:]
	}
	d.room(len(cuts) - 1)
	if err := parallel(len(cuts), func(i int) error { return d.block(i, cuts[i]) }); err != nil {
		return nil, err
	}
	return d.finish()
}

// Read is Load from a stream, of which it reads no byte beyond the snapshot.
func Read(r io.Reader, space Space) (*Graph, error) {
	buf := make([]byte, headerSize)
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, truncated(err)
	}
	d, err := newDecoder(buf, space)
	if err != nil {
		return nil, err
	}
	for i := range d.blocks() {
		d.room(i)
		if size := d.size(i); size > cap(buf) {
			buf = make([]byte, size)
		}
		buf = buf[:d.size(i)]
		if _, err := io.ReadFull(r, buf); err != nil {
			return nil, truncated(err)
		}
		if err := d.block(i, buf); err != nil {
			return nil, err
		}
	}
	return d.finish()
}

// truncated tells the end of the data, which is corruption, from a failure to
// read it, which is not.
func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends early", ErrCorrupt)
	}
	return fmt.Errorf("hnsw: read snapshot: %w", err)
}

// parallel calls do for 0 to n-1 from as many goroutines as may run at once,
// and returns one of the errors, if any.
func parallel(n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || failed.Load() != nil {
					return
				}
				if err := do(i); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
