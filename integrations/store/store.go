package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// DefaultK is the number of results of a search that doesn't say how many.
const DefaultK = 4

// Options configure a store.
type Options struct {
	// Collection is where documents without a name space are. It is created when the
	// first document is added.
	Collection string
	// Query holds the rest of every search, such as Mode, PerSource and DenseWeight.
	// Its Filter applies beside that of a search; K and MinCosine apply to searches that
	// have none. Text, Embedding, Like and Unlike must be empty.
	Query db.Query
}

// Embedder is a model that embeds in place of the collection's own. Those of package
// embedder and a *client.Client are Embedders.
type Embedder interface {
	// EmbedPassages embeds texts to be stored, one vector per text.
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)
	// EmbedQuery embeds a text to search for.
	EmbedQuery(ctx context.Context, text string) ([]float32, error)
}

// Document is a document of a framework.
type Document struct {
	// ID identifies the document within its collection. If it is empty, Add derives
	// one from the text and the metadata.
	ID   string
	Text string
	// Metadata is any JSON.
	Metadata map[string]any
	// Embedding, if set, is stored in place of one that is computed.
	Embedding []float32
	// Score is set by Search: see the package comment.
	Score float32
}

// Store keeps documents in collections. Its methods may be called concurrently.
type Store struct {
	source  source
	options Options
}

// New returns a store in a database or at a server. It opens nothing yet.
func New[S Source](s S, o *Options) (*Store, error) {
	switch {
	case s == nil:
		return nil, errors.New("store: no database and no client")
	case o == nil || o.Collection == "":
		return nil, errors.New("store: no name; set Options.Collection")
	case o.Query.Text != "" || o.Query.Embedding != nil || o.Query.Like != nil || o.Query.Unlike != nil:
		return nil, errors.New("store: Options.Query has a question of its own; leave Text, Embedding, Like and Unlike empty")
	}
	return &Store{source: sourceOf(s), options: *o}, nil
}

// Search says what to search for.
type Search struct {
	// Namespace is the collection; empty means Options.Collection.
	Namespace string
	Query     string
	// K is the number of results; zero means that of Options.Query, or DefaultK.
	K int
	// Filter is what ParseFilter reads.
	Filter any
	// MinCosine, if set, drops documents with a lower cosine, from -1 to 1.
	MinCosine *float32
	// Embedder, if set, embeds the question: the model that embedded the documents.
	Embedder Embedder
}

// Search returns the documents nearest to a question, best first. It returns
// db.ErrNoCollection if nothing was ever added, and the errors of db.Collection.Search.
func (s *Store) Search(ctx context.Context, in Search) ([]Document, error) {
	where, err := ParseFilter(in.Filter)
	if err != nil {
		return nil, err
	}
	q := s.options.Query
	q.Text = in.Query
	q.K = cmp.Or(in.K, q.K, DefaultK)
	q.Filter = filter.And(q.Filter, where)
	if in.MinCosine != nil {
		q.MinCosine = in.MinCosine
	}
	if in.Embedder != nil && q.Mode != db.Lexical {
		if q.Text == "" {
			return nil, fmt.Errorf("store: search: the question is empty: %w", db.ErrInvalidQuery)
		}
		q.Text = ""
		if q.Embedding, err = in.Embedder.EmbedQuery(ctx, in.Query); err != nil {
			return nil, fmt.Errorf("store: embed the question: %w", err)
		}
	}
	c, err := s.source.open(ctx, s.name(in.Namespace))
	if err != nil {
		return nil, err
	}
	matches, err := c.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	docs := make([]Document, len(matches))
	for i := range matches {
		if docs[i], err = read(&matches[i], q.Mode); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// Delete deletes documents by their ids and returns how many there were.
func (s *Store) Delete(ctx context.Context, namespace string, ids ...string) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	c, err := s.source.open(ctx, s.name(namespace))
	if err != nil {
		return 0, err
	}
	return c.Delete(ctx, ids...)
}

func (s *Store) name(namespace string) string { return cmp.Or(namespace, s.options.Collection) }

func read(m *db.Match, mode db.Mode) (Document, error) {
	d := Document{ID: m.Document.ID, Text: m.Document.Text, Embedding: m.Document.Embedding, Score: m.Cosine}
	if mode == db.Lexical {
		d.Score = m.Score
	}
	metadata, err := unpack(m.Document.Metadata)
	if err != nil {
		return d, fmt.Errorf("store: document %q: %w", d.ID, err)
	}
	// Documents that came another way may have these beside their metadata.
	for name, value := range map[string]string{keySource: m.Document.Source, keyTitle: m.Document.Title} {
		if _, given := metadata[name]; !given && value != "" {
			metadata[name] = value
		}
	}
	d.Metadata = metadata
	return d, nil
}

const (
	keySource = "source"
	keyTitle  = "title"
)
