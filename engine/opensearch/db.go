package opensearch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/engine/internal/collections"
)

func init() {
	engine.Register("opensearch", open)
	engine.Register("opensearchs", open)
}

func open(ctx context.Context, url string, opts *db.Options) (engine.DB, error) {
	d, err := Open(ctx, url, opts)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// DB is a database of collections in OpenSearch. Its methods may be called concurrently.
type DB struct {
	client *client
	opts   db.Options
	log    *slog.Logger

	mu     sync.Mutex // guards rules, seen, and ending
	rules  map[string]*db.Rules
	seen   map[string]*seen
	ending bool

	background sync.WaitGroup
	ctx        context.Context // of what runs in the background
	stop       context.CancelFunc
	closed     sync.Once
}

// Open opens a database: the collections whose indices begin with the URL's path. Of the
// options it has Embedder, ReadOnly, AllowModelMismatch, Limits and Logger.
//
// The error says what to do if no node can be reached, the password is wrong, or the k-NN
// plugin is missing.
func Open(ctx context.Context, url string, opts *db.Options) (*DB, error) {
	var o db.Options
	if opts != nil {
		o = *opts
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	set, err := parseURL(url)
	if err != nil {
		return nil, failed("open engine", "opensearch", fmt.Errorf("%w: %w", db.ErrInvalidOptions, err))
	}
	d := &DB{client: newClient(set), opts: o, log: o.Logger, rules: map[string]*db.Rules{}, seen: map[string]*seen{}}
	if err := d.checkServer(ctx); err != nil {
		d.client.close()
		return nil, failed("open engine", strings.Join(set.nodes, ","), err)
	}
	d.ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	if !o.ReadOnly {
		d.later(d.sweep)
	}
	return d, nil
}

// checkServer returns why the cluster is none that collections can be kept in.
func (d *DB) checkServer(ctx context.Context) error {
	var root struct {
		Version struct {
			Number       string `json:"number"`
			Distribution string `json:"distribution"`
		} `json:"version"`
	}
	if err := d.client.do(ctx, call{method: http.MethodGet, path: "/"}, &root); err != nil {
		return err
	}
	major := 0
	if _, err := fmt.Sscanf(root.Version.Number, "%d.", &major); err != nil || root.Version.Distribution != "opensearch" || major < 2 {
		return &db.Error{
			Err:  fmt.Errorf("version %q of %q", root.Version.Number, cmp.Or(root.Version.Distribution, "another server")),
			Hint: "collections are kept in OpenSearch 2 or newer",
		}
	}
	var plugins []struct {
		Component string `json:"component"`
	}
	if err := d.client.do(ctx, call{method: http.MethodGet, path: "/_cat/plugins?format=json"}, &plugins); err != nil {
		return err
	}
	if !slices.ContainsFunc(plugins, func(p struct {
		Component string `json:"component"`
	},
	) bool {
		return p.Component == "opensearch-knn"
	}) {
		return &db.Error{Err: errors.New("the plugin opensearch-knn is not installed"), Hint: "use a distribution with it, or run bin/opensearch-plugin install"}
	}
	return nil
}

// Close ends what runs in the background, and the connections. Later calls return
// db.ErrClosed.
func (d *DB) Close() error {
	err := db.ErrClosed
	d.closed.Do(func() {
		d.mu.Lock()
		d.ending = true
		d.mu.Unlock()
		d.stop()
		d.background.Wait()
		d.client.close()
		err = nil
	})
	return db.Wrap("close", "", err)
}

// later runs f in the background, unless the database is being closed.
func (d *DB) later(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.ending {
		d.background.Go(f)
	}
}

// Health is engine.Monitor's: it returns an error if no majority of the cluster answers,
// or a shard of a collection has no primary.
func (d *DB) Health(ctx context.Context) error {
	var health struct {
		Status     string `json:"status"`
		Unassigned int    `json:"unassigned_shards"`
	}
	err := d.client.do(ctx, call{method: http.MethodGet, path: "/_cluster/health/" + d.indices() + "?cluster_manager_timeout=2s&timeout=1s"}, &health)
	if r, ok := errors.AsType[*refusal](err); ok && r.status == http.StatusRequestTimeout {
		err = nil // it waited for nothing
	}
	if err == nil && health.Status == "red" {
		err = fmt.Errorf("%w: the cluster is red, %d shards are not assigned", engine.ErrUnavailable, health.Unassigned)
	}
	return failed("health", "", err)
}

// Instead says what does what is the cluster's own.
func (d *DB) Instead(op string) string { return instead(op) }

func instead(op string) string {
	switch op {
	case "backup":
		return "take a snapshot of the indices with OpenSearch"
	case "restore":
		return "restore a snapshot with OpenSearch"
	case "compact":
		return "OpenSearch merges segments by itself; POST /INDEX/_forcemerge gives space back"
	case "doctor":
		return "OpenSearch verifies checksums of segments; GET /_cluster/health and /_cat/shards say what is wrong"
	case "alias", "rename", "copy":
		return "give the application the collection's name"
	case "map":
		return "only a database in a directory is mapped"
	case "reembed", "confirm", "rollback":
		return "create a collection with the other model, and import the documents into it"
	}
	return ""
}

// Collection opens a collection, or creates it: see db.DB.Collection.
func (d *DB) Collection(ctx context.Context, name string, opts *db.CollectionOptions) (engine.Collection, error) {
	c, err := d.collection(ctx, name, opts)
	if err != nil {
		return nil, failed("open collection", name, err)
	}
	return c, nil
}

func (d *DB) collection(ctx context.Context, name string, o *db.CollectionOptions) (*Collection, error) {
	return collections.Open(name, o, &d.opts, func() (*Collection, error) { return d.existing(ctx, name, o) }, func(r *db.Rules) error {
		return d.create(ctx, name, r)
	})
}

// existing opens a collection that exists.
func (d *DB) existing(ctx context.Context, name string, o *db.CollectionOptions) (*Collection, error) {
	metas, err := d.metas(ctx, d.indexOf(name))
	if r, ok := errors.AsType[*refusal](err); ok && r.kind == kindNoIndex || err == nil && len(metas) == 0 {
		return nil, db.ErrNoCollection
	}
	if err != nil {
		return nil, err
	}
	c := &Collection{d: d, meta: metas[0]}
	d.mu.Lock()
	if d.seen[c.meta.Alias] == nil {
		d.seen[c.meta.Alias] = new(seen)
	}
	c.Rules, c.seen = d.rules[c.meta.Alias], d.seen[c.meta.Alias]
	d.mu.Unlock()
	if c.Rules != nil && (o == nil || *o == (db.CollectionOptions{MustExist: true})) {
		return c, nil
	}
	if c.Rules, err = db.OpenRules(c.meta.Name, []byte(c.meta.Settings), o, &d.opts); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.rules[c.meta.Alias] = c.Rules
	d.mu.Unlock()
	return c, nil
}

// Collections yields the collections in the order of their names.
func (d *DB) Collections(ctx context.Context) iter.Seq2[db.CollectionInfo, error] {
	return collections.All(func() ([]db.CollectionInfo, error) {
		all, err := d.describe(ctx)
		return all, failed("list collections", "", err)
	})
}

func (d *DB) describe(ctx context.Context) ([]db.CollectionInfo, error) {
	metas, err := d.metas(ctx, d.indices())
	if err != nil {
		return nil, err
	}
	slices.SortFunc(metas, func(a, b meta) int { return cmp.Compare(a.Name, b.Name) })
	var out []db.CollectionInfo
	for _, m := range metas {
		r, err := collections.Describe(m.Name, []byte(m.Settings), &d.opts)
		if err != nil {
			return nil, err
		}
		c := &Collection{Rules: r, d: d, meta: m}
		info := r.Info()
		info.Created = m.Created
		info.Documents, err = c.Count(ctx, filter.All())
		if errors.Is(err, db.ErrNoCollection) {
			continue // it has just been dropped
		}
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, nil
}

// Drop deletes a collection with all its documents.
func (d *DB) Drop(ctx context.Context, name string) error {
	if d.opts.ReadOnly {
		return failed("drop collection", name, db.ErrReadOnly)
	}
	return failed("drop collection", name, d.drop(ctx, name))
}
