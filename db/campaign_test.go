package db

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db/filter"
)

var damages = flag.Int("damages", 120, "random damages of TestDamage")

// campaign is a database whose files are damaged, and what it holds.
type campaign struct {
	files map[string][]byte // by path, without the zeros at the end of logs
	older map[string][]byte // the same paths at an earlier moment
	docs  map[string]Document
	query []float32
	best  []string // of an exact search
}

const campaignDims = 16

// newCampaign makes a database with several tables, a log, a value log, a snapshot and
// rows, as a kill or a Close leaves it.
func newCampaign(t *testing.T, killed bool) *campaign {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "db")
	rng := rand.New(rand.NewPCG(3, 4))
	c := &campaign{docs: make(map[string]Document), query: unitVector(campaignDims)}
	for round := range 4 {
		d, err := Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		col := openPrecomputed(t, d, campaignDims)
		for batch := range 10 {
			var docs []Document
			for i := range 10 {
				doc := precomputed(rng, fmt.Sprint("d", rng.IntN(300)), campaignDims)
				if slices.ContainsFunc(docs, func(o Document) bool { return o.ID == doc.ID }) {
					continue
				}
				doc.Text = fmt.Sprintf("round %d batch %d document %d %s", round, batch, i, strings.Repeat("서울 ", rng.IntN(200)))
				docs = append(docs, doc)
				c.docs[doc.ID] = doc
			}
			if batch == 3 && round >= 2 { // in the value log
				big := precomputed(rng, fmt.Sprint("big", round), campaignDims)
				big.Text = strings.Repeat("긴 글 ", 130_000)
				big.Metadata = Metadata{"pad": strings.Repeat("x", 60_000)}
				docs = append(docs, big)
				c.docs[big.ID] = big
			}
			if _, err := col.Upsert(t.Context(), docs...); err != nil {
				t.Fatal(err)
			}
		}
		if round == 3 {
			gone := slices.Sorted(maps.Keys(c.docs))[:20]
			gone = slices.DeleteFunc(gone, func(id string) bool { return strings.HasPrefix(id, "big") })
			if _, err := col.Delete(t.Context(), gone...); err != nil {
				t.Fatal(err)
			}
			for _, id := range gone {
				delete(c.docs, id)
			}
			hits, err := col.Search(t.Context(), Query{Embedding: c.query, K: 10, Exact: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hits {
				c.best = append(c.best, h.Document.ID)
			}
			if killed {
				c.files = readTree(t, dir)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if round == 2 {
			c.older = readTree(t, dir)
		}
	}
	if !killed {
		c.files = readTree(t, dir)
	}
	return c
}

func readTree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if ext := filepath.Ext(path); ext == ".mem" || ext == ".vlog" {
			b = b[:max(20, len(bytes.TrimRight(b, "\x00")))]
		}
		name, _ := filepath.Rel(dir, path)
		all[name] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (c *campaign) write(t *testing.T, dir string) {
	t.Helper()
	for name, b := range c.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// kindOf is the kind of a file.
func partOf(name string) string {
	if ext := filepath.Ext(name); ext != "" {
		return ext
	}
	return filepath.Base(name)
}

// damage damages one file in dir and says how.
func (c *campaign) damage(t *testing.T, rng *rand.Rand, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	b := c.files[name]
	write := func(b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := rng.IntN(max(1, len(b)))
	switch n := rng.IntN(10); {
	case n < 4 && len(b) > 0:
		b = bytes.Clone(b)
		bit := byte(1) << rng.IntN(8)
		b[at] ^= bit
		write(b)
		return fmt.Sprintf("bit %#x of byte %d flipped", bit, at)
	case n < 6 && len(b) > 0:
		b = bytes.Clone(b)
		at &^= 4095
		clear(b[at:min(len(b), at+4096)])
		write(b)
		return fmt.Sprintf("page at %d zeroed", at)
	case n == 6:
		write(b[:at])
		return fmt.Sprintf("cut at %d of %d", at, len(b))
	case n == 7:
		junk := make([]byte, 1+rng.IntN(5000))
		for i := range junk {
			junk[i] = byte(rng.Uint32())
		}
		write(append(bytes.Clone(b), junk...))
		return fmt.Sprintf("%d bytes appended", len(junk))
	case n == 8 && c.older[name] != nil && !bytes.Equal(c.older[name], b):
		write(c.older[name])
		return "an older copy"
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	return "deleted"
}

// verdict is what became of a damaged database: "right" if every answer is, "refused" if
// opening is, "named" if an operation says what is wrong, and else what was not said.
func (c *campaign) verdict(dir string) string {
	ctx := context.Background()
	d, err := Open(dir, &Options{MustExist: true})
	if err != nil {
		return refusal(err)
	}
	defer func() { _ = d.Close() }()
	named := false
	col, err := d.Collection(ctx, "c", &CollectionOptions{MustExist: true})
	if err != nil {
		return refusal(err)
	}
	for id, want := range c.docs {
		got, err := col.GetFields(ctx, FieldText|FieldMetadata|FieldEmbedding, id)
		switch {
		case errors.Is(err, ErrCorrupt):
			named = true
		case err != nil:
			return fmt.Sprintf("get %s: %v", id, err)
		case got[0].Text != want.Text || fmt.Sprint(got[0].Metadata) != fmt.Sprint(want.Metadata):
			return fmt.Sprintf("get %s: another document: %.80q, want %.80q", id, got[0].Text, want.Text)
		case !sameDirection(got[0].Embedding, want.Embedding):
			return fmt.Sprintf("get %s: another vector", id)
		}
	}
	n := 0
	for doc, err := range col.Scan(ctx, Scan{}) {
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				return fmt.Sprintf("scan: %v", err)
			}
			named = true
			continue
		}
		if want, ok := c.docs[doc.ID]; !ok || want.Text != doc.Text {
			return fmt.Sprintf("scan: %q is not a document, or another one", doc.ID)
		}
		n++
	}
	if n < len(c.docs) && !named {
		return fmt.Sprintf("scan: %d of %d documents", n, len(c.docs))
	}
	if count, err := col.Count(ctx, filter.Expr{}); !named && (err != nil || count != len(c.docs)) {
		return fmt.Sprintf("count: %d of %d documents: %v", count, len(c.docs), err)
	}
	hits, err := col.Search(ctx, Query{Embedding: c.query, K: 10, Exact: true})
	switch {
	case errors.Is(err, ErrCorrupt):
		named = true
	case err != nil:
		return fmt.Sprintf("search: %v", err)
	case !named:
		for i, h := range hits {
			if h.Document.ID != c.best[i] {
				return fmt.Sprintf("search: %s instead of %s", h.Document.ID, c.best[i])
			}
		}
	}
	r, err := d.Doctor(ctx, nil)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return fmt.Sprintf("doctor: %v", err)
	}
	if named && err == nil && r.OK() {
		return "doctor finds nothing"
	}
	if named {
		return "named"
	}
	return "right"
}

// accept goes on without what is lost, and looks whether the rest is in order.
func (c *campaign) accept(dir string) error {
	d, err := Open(dir, &Options{AcceptLoss: true})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	r, err := d.Doctor(context.Background(), &DoctorOptions{Repair: true})
	if err != nil || r.Checksums != "" {
		return fmt.Errorf("doctor: %s %w", r.Checksums, err)
	}
	for _, h := range r.Collections {
		for _, f := range h.Faults {
			if !strings.Contains(f.Detail, "write it again") { // part of a document is gone
				return fmt.Errorf("doctor: %+v", f)
			}
		}
	}
	return nil
}

// refusal is the verdict about an error of opening.
func refusal(err error) string {
	if errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotDatabase) || errors.Is(err, ErrFormat) {
		return "refused"
	}
	return "refused without a name: " + err.Error()
}

func sameDirection(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	var ab, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab*ab > 0.99999*bb
}

// Files are damaged at random, one at a time: everything is as it was, or it is said
// what is not. Never is anything missing or wrong without a word. Run it for long with
//
//	go test ./db -run TestDamage -damages 2000 -v
func TestDamage(t *testing.T) {
	t.Parallel()
	n := *damages
	if testing.Short() {
		n = min(n, 40)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	both := []*campaign{newCampaign(t, true), newCampaign(t, false)}
	verdicts := make(map[string]map[string]int)
	for i := range n {
		c := both[i%2]
		byKind := make(map[string][]string)
		for _, name := range slices.Sorted(maps.Keys(c.files)) {
			if k := partOf(name); filepath.Base(name) != "LOCK" && len(c.files[name]) > 0 {
				byKind[k] = append(byKind[k], name)
			}
		}
		kinds := slices.Sorted(maps.Keys(byKind))
		kind := kinds[rng.IntN(len(kinds))]
		name := byKind[kind][rng.IntN(len(byKind[kind]))]
		dir := filepath.Join(t.TempDir(), "db")
		c.write(t, dir)
		what := c.damage(t, rng, dir, name)
		v := c.verdict(dir)
		if v == "refused" && strings.HasPrefix(name, storeDir) {
			if err := c.accept(dir); err != nil {
				t.Errorf("damage %d, %s: %s: refused, and then accepted: %v", i, name, what, err)
			}
		}
		if verdicts[kind] == nil {
			verdicts[kind] = make(map[string]int)
		}
		switch v {
		case "right", "named", "refused":
		default:
			t.Errorf("damage %d, %s: %s: %s", i, name, what, v)
			v = "silent"
		}
		verdicts[kind][v]++
		_ = os.RemoveAll(dir)
	}
	for _, kind := range slices.Sorted(maps.Keys(verdicts)) {
		t.Logf("%-12s right %3d, refused %3d, named %3d, silent %3d", kind,
			verdicts[kind]["right"], verdicts[kind]["refused"], verdicts[kind]["named"], verdicts[kind]["silent"])
	}
}
