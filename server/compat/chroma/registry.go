package chroma

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// registry is the collection that holds the records.
const registry = "_chroma"

// The names that exist without a record.
const (
	defaultTenant   = "default_tenant"
	defaultDatabase = "default_database"
)

// The kinds of records.
const (
	kindCollection = "collection"
	kindTenant     = "tenant"
	kindDatabase   = "database"
)

// record is what is kept of a collection, a tenant or a database. Its kind and names
// are metadata of the document, and the rest is the text.
type record struct {
	ID       string `json:"-"` // a UUID
	Kind     string `json:"-"`
	Tenant   string `json:"-"`
	Database string `json:"-"`
	Name     string `json:"-"`

	Backing       string         `json:"collection,omitempty"` // the name in the database
	Metadata      db.Metadata    `json:"metadata,omitempty"`
	Configuration map[string]any `json:"configuration,omitempty"`
	Schema        map[string]any `json:"schema,omitempty"`
}

// formatID writes 16 bytes as a UUID of a version.
func formatID(b []byte, version byte) string {
	b[6], b[8] = b[6]&0x0f|version<<4, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", s[:8], s[8:12], s[12:16], s[16:20], s[20:])
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return formatID(b[:], 4)
}

// idOf is the UUID of what has no record, made of its name.
func idOf(kind, name string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	return formatID(sum[:16], 8)
}

// records opens the registry; nil if there is none yet.
func (h *Host) records(ctx context.Context) (engine.Collection, error) {
	c, err := h.Open(ctx, registry)
	if errors.Is(err, db.ErrNoCollection) {
		return nil, nil
	}
	return c, err
}

// selectRecords returns the records that match.
func (h *Host) selectRecords(ctx context.Context, where filter.Expr) (list []record, err error) {
	c, err := h.records(ctx)
	if c == nil || err != nil {
		return nil, err
	}
	for d, err := range c.Scan(ctx, db.Scan{Filter: where}) {
		if err != nil {
			return nil, err
		}
		r, err := decodeRecord(&d)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

func decodeRecord(d *db.Document) (record, error) {
	r := record{ID: d.ID}
	in := json.NewDecoder(strings.NewReader(d.Text))
	in.UseNumber()
	if err := in.Decode(&r); err != nil {
		return r, fmt.Errorf("the record %s of the collection %s: %w", d.ID, registry, err)
	}
	if err := r.settle(); err != nil {
		return r, fmt.Errorf("the record %s of the collection %s: %w", d.ID, registry, err)
	}
	text := func(field string) string { s, _ := d.Metadata[field].(string); return s }
	r.Kind, r.Tenant, r.Database, r.Name = text("kind"), text("tenant"), text("database"), text("name")
	return r, nil
}

// settle gives the numbers of what was decoded their types, and leaves nulls out.
func (r *record) settle() error {
	for _, m := range []map[string]any{r.Metadata, r.Configuration, r.Schema} {
		for name, v := range m {
			var err error
			if m[name], err = settled(v); err != nil {
				return fmt.Errorf("%.100q: %w", name, err)
			}
			if v == nil {
				delete(m, name)
			}
		}
	}
	return nil
}

func settled(v any) (_ any, err error) {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case map[string]any:
		for name := range v {
			if v[name], err = settled(v[name]); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range v {
			if v[i], err = settled(v[i]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// save writes a record, and makes the registry if it is the first.
func (h *Host) save(ctx context.Context, r *record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	// No one searches the registry. The vectors only have to differ.
	sum := sha256.Sum256([]byte(r.ID))
	v := make([]float32, 16)
	for i := range v {
		v[i] = float32(int8(sum[i])) + 0.5
	}
	c, err := h.DB.Collection(ctx, registry, &db.CollectionOptions{Dims: len(v), Precomputed: true})
	if err != nil {
		return err
	}
	m := db.Metadata{"kind": r.Kind, "name": r.Name}
	if r.Tenant != "" {
		m["tenant"] = r.Tenant
	}
	if r.Database != "" {
		m["database"] = r.Database
	}
	_, err = c.Upsert(ctx, db.Document{ID: r.ID, Text: string(text), Metadata: m, Embedding: v})
	return err
}

func (h *Host) forget(ctx context.Context, id string) error {
	c, err := h.records(ctx)
	if c == nil || err != nil {
		return err
	}
	_, err = c.Delete(ctx, id)
	return err
}

// collections lists the collections of a database that the request's key may see,
// in the order of their names.
func (h *Host) collections(ctx context.Context, tenant, database string) ([]record, error) {
	list, err := h.selectRecords(ctx, filter.Eq("kind", kindCollection))
	if err != nil {
		return nil, err
	}
	taken := make(map[string]bool, len(list))
	out := make([]record, 0, len(list))
	for _, r := range list {
		taken[r.Backing] = true
		if r.Tenant == tenant && r.Database == database {
			out = append(out, r)
		}
	}
	if tenant == defaultTenant && database == defaultDatabase {
		for info, err := range h.DB.Collections(ctx) {
			if err != nil {
				return nil, err
			}
			if info.Name != registry && !taken[info.Name] {
				out = append(out, unregistered(info.Name))
			}
		}
	}
	seen := out[:0]
	for _, r := range out {
		if h.May(ctx, keys.Read, r.Backing) == nil {
			seen = append(seen, r)
		}
	}
	return seen, nil
}

// unregistered is a collection that was not made through Chroma.
func unregistered(name string) record {
	return record{
		ID: idOf(kindCollection, name), Kind: kindCollection, Tenant: defaultTenant, Database: defaultDatabase, Name: name, Backing: name,
		Configuration: map[string]any{"hnsw": map[string]any{"space": string(spaceCosine)}},
	}
}

// find looks a collection up by its name or its UUID, and checks the key's role for
// it. A collection of another tenant or database is not found.
func (h *Host) find(ctx context.Context, role keys.Role, tenant, database, which string) (*record, *problem.Problem) {
	is := func(r *record) bool { return r.Name == which || r.ID == which }
	list, err := h.selectRecords(ctx, filter.And(filter.Eq("kind", kindCollection),
		filter.Or(filter.Eq("name", which), filter.Eq(filter.FieldID, which))))
	if err != nil {
		return nil, h.Problem(ctx, err)
	}
	var found *record
	for i := range list {
		if r := &list[i]; r.Tenant == tenant && r.Database == database && is(r) && (found == nil || r.ID == which) {
			found = r
		}
	}
	if found == nil && tenant == defaultTenant && database == defaultDatabase {
		if found, err = h.findUnregistered(ctx, is); err != nil {
			return nil, h.Problem(ctx, err)
		}
	}
	if found == nil {
		return nil, noSuch("Collection", which)
	}
	return found, h.May(ctx, role, found.Backing)
}

func (h *Host) findUnregistered(ctx context.Context, is func(*record) bool) (*record, error) {
	for info, err := range h.DB.Collections(ctx) {
		if err != nil {
			return nil, err
		}
		r := unregistered(info.Name)
		if info.Name == registry || !is(&r) {
			continue
		}
		taken, err := h.backs(ctx, info.Name)
		if err != nil || taken {
			return nil, err
		}
		return &r, nil
	}
	return nil, nil
}

// backs reports whether a collection is that of a record.
func (h *Host) backs(ctx context.Context, name string) (bool, error) {
	list, err := h.selectRecords(ctx, filter.Eq("kind", kindCollection))
	for i := range list {
		if list[i].Backing == name {
			return true, nil
		}
	}
	return false, err
}

// backing chooses the name in the database of a new collection.
func (h *Host) backing(ctx context.Context, r *record) (string, error) {
	name := r.Name
	if r.Tenant != defaultTenant || r.Database != defaultDatabase {
		name = r.Tenant + "." + r.Database + "." + r.Name
	}
	free := len(name) <= 128 && plainName(name)
	if free {
		taken, err := h.backs(ctx, name)
		if err != nil {
			return "", err
		}
		free = !taken
	}
	for info, err := range h.DB.Collections(ctx) {
		if err != nil {
			return "", err
		}
		free = free && info.Name != name && !slices.Contains(info.Aliases, name)
	}
	if !free {
		name = registry + "." + r.ID
	}
	return name, nil
}

// plainName reports whether a name has only what a collection's name may have.
func plainName(name string) bool {
	for i := range len(name) {
		b := name[i]
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || i > 0 && (b == '-' || b == '.') {
			continue
		}
		return false
	}
	return name != ""
}
