package db

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fronyai/frony-db/quant"
)

// After Compact nothing of a deleted document is in any file: no id, text, word,
// source, name or value of metadata, and no vector.
func TestNothingLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(41, 42))
	write := func(docs ...Document) {
		t.Helper()
		if _, err := c.Upsert(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		doc := precomputed(rng, fmt.Sprint(i), 8)
		doc.Text = fmt.Sprintf("그 밖의 글 %d", i)
		write(doc)
	}
	var secrets []Document
	for i := range 5 {
		doc := precomputed(rng, fmt.Sprintf("IDMARKER-%d", i), 8)
		doc.Text = fmt.Sprintf("TEXTMARKER textmarker%d 비밀문서", i)
		doc.Source = "SOURCEMARKER"
		doc.Metadata = Metadata{"NAMEMARKER": fmt.Sprintf("VALUEMARKER %d", i), "n": 1}
		secrets = append(secrets, doc)
	}
	write(secrets...)
	if err := c.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Delete(t.Context(), secrets[0].ID, secrets[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := c.Snapshot(t.Context()); err != nil { // while they may still be seen
		t.Fatal(err)
	}
	if _, err := c.ReplaceSource(t.Context(), "SOURCEMARKER"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	markers := map[string][]byte{}
	for _, m := range []string{"IDMARKER", "TEXTMARKER", "textmarker", "비밀문서", "SOURCEMARKER", "NAMEMARKER", "VALUEMARKER"} {
		markers[m] = []byte(m)
	}
	for _, doc := range secrets {
		vec := bytes.Clone(quant.Bytes(doc.Embedding))
		quant.Normalize(doc.Embedding)
		markers["vector of "+doc.ID], markers["unit vector of "+doc.ID] = vec, quant.Bytes(doc.Embedding)
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for name, m := range markers {
			if bytes.Contains(b, m) {
				t.Errorf("%s holds %s", filepath.Base(path), name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Names of metadata are limited, and those that no document has don't count.
func TestFieldLimit(t *testing.T) {
	t.Parallel()
	d, err := Open(t.TempDir(), &Options{SyncEvery: time.Hour, Limits: Limits{CollectionFields: 20}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(1, 2))
	doc := precomputed(rng, "a", 8)
	doc.Metadata = Metadata{}
	for i := range 20 {
		doc.Metadata[fmt.Sprint("name ", i)] = i
	}
	if _, err := c.Upsert(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	other := precomputed(rng, "b", 8)
	other.Metadata = Metadata{"name 3": true, "another": 1}
	if _, err := c.Upsert(t.Context(), other); err == nil || !bytes.Contains([]byte(err.Error()), []byte("at most 20")) {
		t.Error(err)
	}
	if s, err := c.Stats(); err != nil || s.Fields != 20 || s.Documents != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := c.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	for s, err := c.Stats(); s.Fields > 0; s, err = c.Stats() { // readers that began before still see it
		if err != nil || t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := c.Upsert(t.Context(), other); err != nil {
		t.Error(err)
	}
}
