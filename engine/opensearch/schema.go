package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/fronyai/frony-db/db"
)

// format is the version of what an index holds.
const format = 1

// meta is what an index says of its collection, in the _meta of its mapping.
type meta struct {
	Format   int       `json:"format"`
	Name     string    `json:"name"`
	Settings string    `json:"settings"` // db.Rules.Settings: model and dims
	Created  time.Time `json:"created"`
	Alias    string    `json:"alias"`
}

// object is JSON that is sent.
type object = map[string]any

// indexOf is the name of a collection's index: two cannot create one collection.
func (d *DB) indexOf(name string) string {
	return d.client.set.prefix + "-c-" + digest(db.Composed(name))
}

// indices are the indices of all collections.
func (d *DB) indices() string { return d.client.set.prefix + "-c-*" }

// Requests name an index by an alias of its own, which goes when it is dropped, and is
// not the alias of another that has the collection's name afterwards.
func (d *DB) newAlias() string { return d.client.set.prefix + "-i-" + token() }

// limits of requests, as the index is told.
const (
	mostHits  = 50_000
	mostTerms = 65_536 // of a terms query
)

// The similarity adds weight × tf / (tf + flat + slope × length) for each term, as BM25
// does, and takes the weight from the question: it has the inverse document frequency of
// the whole collection. The length of documents is rounded down to three bits.
const (
	weightScript = `return query.boost;`
	scoreScript  = `double mean = field.docCount > 0 && field.sumTotalTermFreq > 0 ? (double) field.sumTotalTermFreq / field.docCount : 1;
		return weight * doc.freq / (doc.freq + 0.315 + 0.585 * doc.length / mean);`
)

// create is what an index is created with.
func (d *DB) mapping(r *db.Rules, m *meta) object {
	info := r.Info()
	edges, ef := r.Graph()
	set := d.client.set
	index := object{
		"knn": true, "number_of_shards": set.shards, "max_result_window": mostHits,
		"max_terms_count": mostTerms, "max_docvalue_fields_search": 100,
		"similarity": object{"frony": object{"type": "scripted", "weight_script": object{"source": weightScript}, "script": object{"source": scoreScript}}},
	}
	if set.replicas < 0 {
		index["auto_expand_replicas"] = "0-1"
	} else {
		index["number_of_replicas"] = set.replicas
	}
	keyword := func(values bool) object { return object{"type": "keyword", "doc_values": values} }
	fields := object{
		"key":     keyword(false),
		"id":      keyword(true),
		"source":  keyword(false),
		"tx":      object{"type": "long", "doc_values": false},
		"expires": object{"type": "long", "doc_values": false},
		"dead":    object{"type": "long", "doc_values": false},
		"fields":  keyword(true),
		"columns": keyword(false),
		"values":  keyword(false),
		"lists":   keyword(false),
		"terms":   object{"type": "text", "analyzer": "whitespace", "similarity": "frony", "index_options": "freqs"},
		"sounds":  keyword(false),
		"length":  object{"type": "integer", "index": false},
		"number":  object{"type": "long", "index": false},
		"words":   object{"type": "binary", "doc_values": true},
		"vector":  object{"type": "binary", "doc_values": true},
		"doc":     object{"type": "object", "enabled": false},
	}
	if info.HeadDims <= mostIndexed {
		fields["head"] = object{"type": "knn_vector", "dimension": info.HeadDims, "method": object{
			"name": "hnsw", "engine": "lucene", "space_type": "innerproduct",
			"parameters": object{"m": min(edges, 100), "ef_construction": max(min(ef, 1000), edges)},
		}}
	}
	return object{
		"settings": object{"index": index},
		"aliases":  object{m.Alias: object{}},
		"mappings": object{
			"dynamic": false, "_source": object{"includes": []string{"doc"}}, "_meta": object{"frony": m}, "properties": fields,
		},
	}
}

// mostIndexed is the most dimensions that the graph takes.
const mostIndexed = 16_000

// create creates a collection, unless it exists.
func (d *DB) create(ctx context.Context, name string, r *db.Rules) error {
	set, err := r.Settings()
	if err != nil {
		return err
	}
	there, err := d.metas(ctx, d.indices())
	if err != nil {
		return err
	}
	if most := r.Limits().Collections; len(there) >= most {
		return fmt.Errorf("%w: the database has %d collections, and at most %d are allowed", db.ErrLimit, len(there), most)
	}
	m := meta{Format: format, Name: name, Settings: string(set), Created: time.Now().UTC().Truncate(time.Microsecond), Alias: d.newAlias()}
	body, err := json.Marshal(d.mapping(r, &m))
	if err != nil {
		return err
	}
	limited, cancel := d.client.limited(ctx)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err = d.client.do(limited, call{method: http.MethodPut, path: "/" + d.indexOf(name), body: body, write: true}, nil)
		if e, ok := errors.AsType[*refusal](err); ok && e.kind == kindExists {
			return nil // it was created meanwhile, perhaps by the attempt before
		}
		if !errors.Is(err, errUnknown) || backoff(limited, attempt) != nil {
			return err
		}
	}
}

// metas are those of some indices.
func (d *DB) metas(ctx context.Context, indices string) ([]meta, error) {
	var answer map[string]struct {
		Mappings struct {
			Meta struct {
				Frony *meta `json:"frony"`
			} `json:"_meta"`
		} `json:"mappings"`
	}
	err := d.client.do(ctx, call{method: http.MethodGet, path: "/" + indices + "/_mapping?filter_path=" + url.QueryEscape("*.mappings._meta")}, &answer)
	if err != nil {
		return nil, err
	}
	var out []meta
	for index, a := range answer {
		m := a.Mappings.Meta.Frony
		if m == nil {
			continue // someone else's
		}
		if m.Format > format {
			return nil, &db.Error{
				Input: "index " + index, Err: fmt.Errorf("%w: its version is %d, this program knows %d", db.ErrFormat, m.Format, format),
				Hint: "use a newer program",
			}
		}
		out = append(out, *m)
	}
	return out, nil
}

// drop deletes a collection's index.
func (d *DB) drop(ctx context.Context, name string) error {
	limited, cancel := d.client.limited(ctx)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err := d.client.do(limited, call{method: http.MethodDelete, path: "/" + d.indexOf(name), write: true}, nil)
		if e, ok := errors.AsType[*refusal](err); ok && e.kind == kindNoIndex && attempt > 0 {
			return nil // the attempt before has done it
		}
		if !errors.Is(err, errUnknown) || backoff(limited, attempt) != nil {
			return err
		}
	}
}
