package db

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A value in the value log, and a block of a table, are damaged: the backup names the
// documents and holds all others, its verification says the same, and so does a restore.
// An increment takes them from the base, which has them.
func TestDamagedBackup(t *testing.T) {
	t.Parallel()
	c := newCampaign(t, false)
	dir := filepath.Join(t.TempDir(), "db")
	c.write(t, dir)
	d, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, base := backup(t, d, nil)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	var sst string
	for name := range c.files {
		if strings.HasSuffix(name, ".sst") {
			sst = max(sst, name)
		}
		if strings.HasSuffix(name, ".vlog") && len(c.files[name]) > 1<<20 {
			c.files[name][len(c.files[name])/2] ^= 1
		}
	}
	c.files[sst][30_000] ^= 1
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c.write(t, dir)
	if d, err = Open(dir, nil); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	var full, increment bytes.Buffer
	info, err := d.Backup(t.Context(), &full, nil)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), `"big`) {
		t.Fatal(err)
	}
	n := info.Damaged()
	if n < 2 || n > 60 || info.Documents != len(c.docs)-n {
		t.Errorf("%d of %d documents, %d damaged", info.Documents, len(c.docs), n)
	}
	if v, err := VerifyBackup(t.Context(), bytes.NewReader(full.Bytes()), nil); !errors.Is(err, ErrDamaged) || v.Damaged() != n {
		t.Errorf("verified: %d damaged: %v", v.Damaged(), err)
	}
	restored := filepath.Join(t.TempDir(), "new")
	if v, err := Restore(t.Context(), restored, nil, readers(full.Bytes())...); !errors.Is(err, ErrDamaged) || v.Damaged() != n {
		t.Errorf("restored: %d damaged: %v", v.Damaged(), err)
	}
	c.expect(t, restored, n)

	if _, err := d.Backup(t.Context(), &increment, &BackupOptions{Base: base}); err != nil && !errors.Is(err, ErrDamaged) {
		t.Fatal(err)
	}
	restored = filepath.Join(t.TempDir(), "new")
	if _, err := Restore(t.Context(), restored, nil, readers(whole, increment.Bytes())...); err != nil {
		t.Error(err)
	}
	c.expect(t, restored, 0)
}

// expect compares a restored database, which lacks some documents.
func (c *campaign) expect(t *testing.T, dir string, lacks int) {
	t.Helper()
	d, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	col := openPrecomputed(t, d, campaignDims)
	n := 0
	for doc, err := range col.Scan(t.Context(), Scan{}) {
		if err != nil || doc.Text != c.docs[doc.ID].Text {
			t.Fatal(doc.ID, err)
		}
		n++
	}
	if n != len(c.docs)-lacks {
		t.Errorf("%d of %d documents, want %d less", n, len(c.docs), lacks)
	}
	if r, err := d.Doctor(t.Context(), nil); err != nil || !r.OK() {
		t.Errorf("doctor: %+v %v", r, err)
	}
}
