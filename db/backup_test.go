package db

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func backup(t *testing.T, d *DB, base *BackupInfo) ([]byte, *BackupInfo) {
	t.Helper()
	var b bytes.Buffer
	info, err := d.Backup(t.Context(), &b, &BackupOptions{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	got, err := VerifyBackup(t.Context(), bytes.NewReader(b.Bytes()), nil)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(info) {
		t.Fatalf("%+v, want %+v: %v", got, info, err)
	}
	head, err := ReadBackupInfo(bytes.NewReader(b.Bytes()))
	if err != nil || head.ID != info.ID || head.Until != info.Until || head.Base != info.Base {
		t.Fatal(head, err)
	}
	return b.Bytes(), &head
}

func readers(backups ...[]byte) (list []io.Reader) {
	for _, b := range backups {
		list = append(list, bytes.NewReader(b))
	}
	return list
}

// TestBackupChain makes a complete backup and incremental ones, and replaces,
// deletes and inserts documents in between, also at reused nodes. Each prefix of the
// chain must restore the database as it was then.
func TestBackupChain(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 8)
	var chain [][]byte
	var base *BackupInfo
	for step := range 4 {
		for range 300 {
			doc := precomputed(rng, fmt.Sprint(rng.IntN(200)), 8)
			doc.Text, doc.Source, doc.Chunk = fmt.Sprint("문서 ", rng.IntN(1000)), "file", rng.IntN(5)
			if _, err := c.Upsert(t.Context(), doc); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Delete(t.Context(), fmt.Sprint(rng.IntN(200))); err != nil {
				t.Fatal(err)
			}
		}
		repair(t, c) // so that node numbers are reused
		if step == 1 {
			if _, err := d.Collection(t.Context(), "later", &CollectionOptions{Dims: 4}); err != nil {
				t.Fatal(err)
			}
		}
		if step == 2 {
			if err := d.Drop(t.Context(), "later"); err != nil {
				t.Fatal(err)
			}
		}
		b, info := backup(t, d, base)
		chain, base = append(chain, b), info
		dir := filepath.Join(t.TempDir(), "restored")
		got, err := Restore(t.Context(), dir, nil, readers(chain...)...)
		if err != nil {
			t.Fatal(err)
		}
		if got.ID != info.ID {
			t.Error(got, info)
		}
		again, log := openLogged(t, dir)
		sameDocuments(t, c, openPrecomputed(t, again, 8))
		if _, ok := again.st.Lookup("later"); ok != (step == 1) {
			t.Errorf("step %d: the other collection: %v", step, ok)
		}
		if again.id == d.id {
			t.Error("the restored database has the id of the old one")
		}
		if _, err := again.Backup(t.Context(), io.Discard, &BackupOptions{Base: base}); !errors.Is(err, ErrBackup) {
			t.Error("a base of another database:", err)
		}
		// It can be written to, and its node numbers are valid.
		if _, err := openPrecomputed(t, again, 8).Upsert(t.Context(), precomputed(rng, "new", 8)); err != nil {
			t.Error(err)
		}
		if r, err := again.Doctor(t.Context(), nil); err != nil || !r.OK() {
			t.Errorf("%+v %v %s", r, err, log)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(chain[1]) > len(chain[0])*3 {
		t.Error("an incremental backup is larger than a complete one")
	}
	for name, list := range map[string][][]byte{
		"without the complete one": chain[1:],
		"a gap":                    {chain[0], chain[2]},
		"the wrong order":          {chain[0], chain[2], chain[1]},
		"none":                     {},
	} {
		dir := filepath.Join(t.TempDir(), "x")
		if _, err := Restore(t.Context(), dir, nil, readers(list...)...); !errors.Is(err, ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
		nothingAt(t, dir)
	}
}

func nothingAt(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 0 {
		t.Errorf("a failed restore left %v (%v)", entries, err)
	}
}

// TestBackupWhileWriting: a backup taken during writes holds only whole batches.
func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 8)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer func() { stop(); wg.Wait() }()
	wg.Go(func() {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := 0; ctx.Err() == nil; n++ {
			a, b := precomputed(rng, "a", 8), precomputed(rng, "b", 8)
			a.Text, b.Text = fmt.Sprint(n), fmt.Sprint(n)
			if _, err := c.Upsert(t.Context(), a, b); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 10 {
		b, _ := backup(t, d, nil)
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if _, err := Restore(t.Context(), dir, nil, readers(b)...); err != nil {
			t.Fatal(err)
		}
		again, _ := openLogged(t, dir)
		if got, err := openPrecomputed(t, again, 8).Get(t.Context(), "a", "b"); err == nil && (len(got) != 2 || got[0].Text != got[1].Text) {
			t.Errorf("part of a batch: %v", got)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestRestoreRefuses: damaged, truncated and malicious streams are refused, and leave
// no files.
func TestRestoreRefuses(t *testing.T) {
	if testing.Short() {
		t.Skip("a long test; run without -short")
	}
	t.Parallel()
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		if _, err := c.Upsert(t.Context(), precomputed(rng, fmt.Sprint(i), 8)); err != nil {
			t.Fatal(err)
		}
	}
	good, _ := backup(t, d, nil)
	want, err := VerifyBackup(t.Context(), bytes.NewReader(good), nil)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(b []byte) error {
		_, err := VerifyBackup(t.Context(), bytes.NewReader(b), nil)
		return err
	}
	for cut := range good {
		if err := verify(good[:cut]); !errors.Is(err, ErrBackup) {
			t.Fatalf("cut at %d of %d: %v", cut, len(good), err)
		}
	}
	bad := bytes.Clone(good)
	for i := range bad {
		bad[i] ^= 1 << rng.IntN(8)
		// A few bits of a compressed stream have no meaning: it is then the same backup.
		if got, err := VerifyBackup(t.Context(), bytes.NewReader(bad), nil); !errors.Is(err, ErrBackup) && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("flip at %d of %d: %v", i, len(good), err)
		}
		bad[i] = good[i]
	}
	for name, b := range map[string][]byte{
		"nothing":        {},
		"another file":   []byte("PK\x03\x04, which is no backup at all"),
		"bytes after it": append(bytes.Clone(good), "more"...),
		"a bomb":         bomb(t, 512<<20),
		"a huge block":   archived(t, func(z io.Writer) { _, _ = z.Write([]byte{'H', 255, 255, 255, 255}) }),
		"no header":      archived(t, func(z io.Writer) { block(z, 'D', nil) }),
		"names that lead out": archived(t, func(z io.Writer) {
			block(z, 'H', []byte(`{"id":"x"}`))
			block(z, 'C', []byte(`{"info":{"id":1,"name":"../../etc","settings":{"dims":8,"head_dims":8}}}`))
		}),
	} {
		dir := filepath.Join(t.TempDir(), "x")
		if _, err := Restore(t.Context(), dir, nil, bytes.NewReader(b)); !errors.Is(err, ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
		nothingAt(t, dir)
	}
	if _, err := Restore(t.Context(), filepath.Join(t.TempDir(), "x"), &RestoreOptions{MaxBytes: 100}, bytes.NewReader(good)); !errors.Is(err, ErrBackup) {
		t.Error("more than MaxBytes:", err)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), full, nil, bytes.NewReader(good)); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Error("into a directory with files:", err)
	}
	if _, err := Restore(t.Context(), t.TempDir(), nil, bytes.NewReader(good)); err != nil {
		t.Error("into an empty directory:", err)
	}
}

// archived returns a stream of the blocks that f writes.
func archived(t *testing.T, f func(z io.Writer)) []byte {
	t.Helper()
	b := bytes.NewBuffer(binary.LittleEndian.AppendUint32([]byte("FRONYBAK"), 1))
	z, err := zstd.NewWriter(b, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	f(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func block(z io.Writer, kind byte, b []byte) {
	_, _ = z.Write(binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(b))))
	_, _ = z.Write(b)
}

// bomb returns a small stream that decompresses to n bytes.
func bomb(t *testing.T, n int64) []byte {
	t.Helper()
	return archived(t, func(z io.Writer) {
		block(z, 'H', []byte(`{"id":"x"}`))
		block(z, 'C', []byte(`{"info":{"id":1,"name":"c","settings":{"dims":8,"head_dims":8}},"state":{"Next":10}}`))
		zeros := make([]byte, 16<<20)
		for i := int64(0); i < n; i += int64(len(zeros)) {
			block(z, 'L', zeros)
		}
	})
}

// FuzzVerifyBackup: no stream makes the reader panic, and every error is ErrBackup.
func FuzzVerifyBackup(f *testing.F) {
	d, err := Open(f.TempDir(), nil)
	if err != nil {
		f.Fatal(err)
	}
	c := openPrecomputed(f, d, 8)
	rng := rand.New(rand.NewPCG(1, 2))
	if _, err := c.Upsert(f.Context(), precomputed(rng, "1", 8), precomputed(rng, "2", 8)); err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := d.Backup(f.Context(), &b, nil); err != nil {
		f.Fatal(err)
	}
	if err := d.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := VerifyBackup(t.Context(), bytes.NewReader(b), &RestoreOptions{MaxBytes: 1 << 20})
		if err != nil && !errors.Is(err, ErrBackup) {
			t.Error(err)
		}
	})
}
