package postgres

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/engine/internal/collections"
)

func init() {
	engine.Register("postgres", open)
	engine.Register("postgresql", open)
}

func open(ctx context.Context, url string, opts *db.Options) (engine.DB, error) {
	d, err := Open(ctx, url, opts)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// DB is a database of collections in PostgreSQL. Its methods may be called concurrently.
type DB struct {
	pool *pgxpool.Pool
	opts db.Options
	log  *slog.Logger

	mu    sync.Mutex // guards rules
	rules map[int64]*db.Rules

	background sync.WaitGroup
	stop       context.CancelFunc
	closed     sync.Once
}

// Open opens a database and brings its schema up to date. Of the options it has
// Embedder, ReadOnly, AllowModelMismatch, Limits and Logger.
//
// The error says what to do if the server cannot be reached, the password is wrong, or
// pgvector is missing or older than 0.8.
func Open(ctx context.Context, url string, opts *db.Options) (*DB, error) {
	var o db.Options
	if opts != nil {
		o = *opts
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, failed("open engine", "postgres", err)
	}
	name := config.ConnConfig.Host + "/" + config.ConnConfig.Database
	if err := prepare(ctx, config.ConnConfig, o.ReadOnly); err != nil {
		return nil, failed("open engine", name, err)
	}
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		var oid uint32
		if err := c.QueryRow(ctx, `SELECT 'vector'::regtype::oid`).Scan(&oid); err != nil {
			return err
		}
		c.TypeMap().RegisterType(&pgtype.Type{Name: "vector", OID: oid, Codec: vectorCodec{}})
		return nil
	}
	d := &DB{opts: o, log: o.Logger, rules: map[int64]*db.Rules{}}
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, failed("open engine", name, err)
	}
	if err := d.pool.Ping(ctx); err != nil {
		d.pool.Close()
		return nil, failed("open engine", name, err)
	}
	if !o.ReadOnly {
		background, stop := context.WithCancel(context.WithoutCancel(ctx))
		d.stop = stop
		d.background.Go(func() { d.sweep(background) })
	}
	return d, nil
}

// Close ends the connections. Later calls return db.ErrClosed.
func (d *DB) Close() error {
	err := db.ErrClosed
	d.closed.Do(func() {
		if d.stop != nil {
			d.stop()
		}
		d.background.Wait()
		d.pool.Close()
		err = nil
	})
	return db.Wrap("close", "", err)
}

// Instead says what does what is the server's own.
func (d *DB) Instead(op string) string { return instead(op) }

func instead(op string) string {
	switch op {
	case "backup":
		return "use pg_dump or pg_basebackup"
	case "restore":
		return "use pg_restore"
	case "compact":
		return "autovacuum does it; VACUUM (FULL) and REINDEX give space back"
	case "doctor":
		return "use pg_amcheck, and checksums of data pages (pg_checksums)"
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
	c := &Collection{d: d}
	var settings []byte
	err := d.pool.QueryRow(ctx, `SELECT id, name, settings, created FROM frony.collections
		WHERE name_key = $1 OR id = (SELECT collection FROM frony.aliases WHERE name_key = $1)`, db.Composed(name)).
		Scan(&c.id, &c.name, &settings, &c.created)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, db.ErrNoCollection
	}
	if err != nil {
		return nil, err
	}
	c.t = tablesOf(c.id)
	d.mu.Lock()
	c.Rules = d.rules[c.id]
	d.mu.Unlock()
	if c.Rules != nil && c.Info().Name == c.name && (o == nil || *o == (db.CollectionOptions{MustExist: true})) {
		return c, nil
	}
	if c.Rules, err = db.OpenRules(c.name, settings, o, &d.opts); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.rules[c.id] = c.Rules
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
	rows, err := d.pool.Query(ctx, `SELECT name, settings, created, documents,
		(SELECT array_agg(a.name ORDER BY a.name) FROM frony.aliases a WHERE a.collection = c.id) FROM frony.collections c ORDER BY name`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (info db.CollectionInfo, err error) {
		var name string
		var settings []byte
		var created time.Time
		var n int
		var aliases []string
		if err := row.Scan(&name, &settings, &created, &n, &aliases); err != nil {
			return info, err
		}
		r, err := collections.Describe(name, settings, &d.opts)
		if err != nil {
			return info, err
		}
		info = r.Info()
		info.Created, info.Documents, info.Aliases = created.UTC(), n, aliases
		return info, nil
	})
}

// Drop deletes a collection with all its documents: see db.DB.Drop.
func (d *DB) Drop(ctx context.Context, name string) error {
	return failed("drop collection", name, d.write(ctx, func(tx pgx.Tx) error {
		id, err := named(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := unaliased(ctx, tx, id, name); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM frony.collections WHERE id = $1`, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, tablesOf(id).drop())
		return err
	}))
}

// read runs f on one state of the database.
func (d *DB) read(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, d.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}

// attempts is how often a write that others got in the way of begins again.
const attempts = 10

// write runs f in a transaction, and again if others got in its way.
func (d *DB) write(ctx context.Context, f func(tx pgx.Tx) error) error {
	if d.opts.ReadOnly {
		return db.ErrReadOnly
	}
	for i := 0; ; i++ {
		err := pgx.BeginTxFunc(ctx, d.pool, pgx.TxOptions{}, f)
		if !conflict(err) || i == attempts {
			return err
		}
		select {
		case <-time.After(time.Duration(1<<i) * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
