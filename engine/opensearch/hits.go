package opensearch

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// hit is a document that a search has found.
type hit struct {
	Slot   string  `json:"_id"`
	SeqNo  int64   `json:"_seq_no"`
	Term   int64   `json:"_primary_term"`
	Score  float64 `json:"_score"`
	Source struct {
		Doc body `json:"doc"`
	} `json:"_source"`
	Fields struct {
		Words  []binaryValue `json:"words"`
		Vector []binaryValue `json:"vector"`
		Number []int64       `json:"number"`
	} `json:"fields"`
}

// binaryValue is a value of a binary field, which comes back without padding.
type binaryValue []byte

func (v *binaryValue) UnmarshalJSON(b []byte) error {
	b = bytes.TrimRight(bytes.Trim(b, `"`), "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, err := base64.RawStdEncoding.Decode(out, b)
	*v = out[:n]
	return err
}

// answer is that of a search.
type answer struct {
	TimedOut bool `json:"timed_out"`
	Shards   struct {
		Failed   int `json:"failed"`
		Failures []struct {
			Reason failure `json:"reason"`
		} `json:"failures"`
	} `json:"_shards"`
	Hits struct {
		Total struct {
			Value int `json:"value"`
		} `json:"total"`
		Hits []hit `json:"hits"`
	} `json:"hits"`
	Aggregations struct {
		Length struct {
			Value float64 `json:"value"`
		} `json:"length"`
		Versions struct {
			Value float64 `json:"value"`
		} `json:"versions"`
		Fields struct {
			Buckets []struct {
				Key string `json:"key"`
			} `json:"buckets"`
		} `json:"fields"`
	} `json:"aggregations"`
	// Of one of several searches.
	Status int             `json:"status"`
	Error  json.RawMessage `json:"error"`
}

// check returns an error if a part of the answer is missing.
func (a *answer) check() error {
	if a.Error != nil {
		return refused(a.Status, append(append([]byte(`{"error":`), a.Error...), '}'))
	}
	if a.TimedOut || a.Shards.Failed > 0 {
		r := &refusal{status: http.StatusServiceUnavailable, kind: "shards_failed", reason: "the answer is not complete"}
		if len(a.Shards.Failures) > 0 {
			r.reason = a.Shards.Failures[0].Reason.Reason
		}
		return r
	}
	return nil
}

// ask runs a search on the collection.
func (c *Collection) ask(ctx context.Context, q object) (*answer, error) {
	return c.askAt(ctx, c.path("_search"), q)
}

func (c *Collection) askAt(ctx context.Context, path string, q object) (*answer, error) {
	b, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	a := new(answer)
	path += "?allow_partial_search_results=false"
	if _, of := q["pit"]; isPinned(ctx) && !of {
		path += "&preference=_primary"
	}
	if err := c.d.client.do(ctx, call{method: http.MethodPost, path: path, body: b}, a); err != nil {
		return nil, err
	}
	return a, a.check()
}

// askAll runs searches beside each other.
func (c *Collection) askAll(ctx context.Context, qs []object) ([]answer, error) {
	if len(qs) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	for _, q := range qs {
		fmt.Fprintf(&b, `{"index":%q,"allow_partial_search_results":false}`+"\n", c.meta.Alias)
		line, err := marshal(q)
		if err != nil {
			return nil, err
		}
		b.Write(line)
	}
	for attempt := 0; ; attempt++ {
		var out struct {
			Responses []answer `json:"responses"`
		}
		err := c.d.client.do(ctx, call{method: http.MethodPost, path: "/_msearch", body: b.Bytes(), lines: true}, &out)
		if err != nil {
			return nil, err
		}
		if len(out.Responses) != len(qs) {
			return nil, fmt.Errorf("OpenSearch answered %d of %d searches", len(out.Responses), len(qs))
		}
		for i := range out.Responses {
			if err == nil {
				err = out.Responses[i].check()
			}
		}
		if err == nil || !transient(err) || attempt == 6 || backoff(ctx, attempt+2) != nil {
			return out.Responses, err
		}
	}
}

// reading is what is read of documents.
type reading struct {
	fields db.Fields
	words  bool
	bare   bool // nothing of the source, which is parsed for each document: slot and number
}

// with adds to a search what is to be read.
func (r reading) with(q object) object {
	var values []string
	switch {
	case r.bare:
		q["_source"] = false
		values = append(values, "number")
	case r.fields&(db.FieldText|db.FieldMetadata) == db.FieldText|db.FieldMetadata:
		q["_source"] = "doc"
	default:
		const always = 14
		names := []string{
			"doc.key", "doc.id", "doc.title", "doc.source", "doc.chunk", "doc.created", "doc.expires", "doc.precomputed",
			"doc.hash", "doc.text_hash", "doc.tx", "doc.dead", "doc.token", "doc.number",
		}[:always:always]
		if r.fields&db.FieldText != 0 {
			names = append(names, "doc.text")
		}
		if r.fields&db.FieldMetadata != 0 {
			names = append(names, "doc.metadata")
		}
		q["_source"] = names
	}
	if r.fields&db.FieldEmbedding != 0 {
		values = append(values, "vector")
	}
	if r.words {
		values = append(values, "words")
	}
	if values != nil {
		q["docvalue_fields"] = values
	}
	q["seq_no_primary_term"] = true
	return q
}

// document reads a hit.
func (r reading) document(h *hit) (s stored, err error) {
	b := &h.Source.Doc
	s = stored{slot: h.Slot, seqNo: h.SeqNo, term: h.Term, key: b.Key, tx: b.Tx, dead: b.Dead, token: b.Token, number: b.Number}
	s.ID, s.Title, s.Text, s.Source, s.Chunk, s.Precomputed = b.ID, b.Title, b.Text, b.Source, b.Chunk, b.Precomputed
	if r.bare && len(h.Fields.Number) > 0 {
		s.number = h.Fields.Number[0]
	}
	s.Created = time.UnixMicro(b.Created).UTC()
	if b.Expires != 0 {
		s.Expires = time.UnixMicro(b.Expires).UTC()
		s.expired = !s.Expires.After(time.Now())
	}
	copy(s.Hash[:], b.Hash)
	copy(s.TextHash[:], b.TextHash)
	if r.fields&db.FieldMetadata != 0 {
		if s.Metadata, err = db.DecodeMetadata(b.Metadata); err != nil {
			return s, err
		}
	}
	if r.fields&db.FieldEmbedding != 0 && len(h.Fields.Vector) > 0 {
		s.Embedding = vectorOf(h.Fields.Vector[0])
	}
	if r.words && len(h.Fields.Words) > 0 {
		s.words, err = unpacked(h.Fields.Words[0])
	}
	return s, err
}

func (r reading) documents(hits []hit) ([]stored, error) {
	out := make([]stored, len(hits))
	for i := range hits {
		var err error
		if out[i], err = r.document(&hits[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// errStale is returned by a read that took so long that it may have seen a mixture.
var errStale = errors.New("too slow for one state of the collection")

// still returns errStale if what was read since the state may be of several states.
func (c *Collection) still(ctx context.Context, s *state) error {
	if time.Since(s.at) < fresh {
		return nil
	}
	now, err := c.state(ctx)
	if err == nil && now.Settled != s.Settled {
		err = errStale
	}
	return err
}

// reads runs f on one state of the collection.
func (c *Collection) reads(ctx context.Context, f func(s *state) error) error {
	for attempt := 0; ; attempt++ {
		s, err := c.state(ctx)
		if err == nil {
			err = f(s)
		}
		if !errors.Is(err, errStale) || attempt == 3 {
			return err
		}
	}
}

// page is how many documents are read at a time.
const page = 500

// each calls f for the documents of a selection, in byte order of their ids. All are
// of one moment. An error of f ends it.
func (c *Collection) each(ctx context.Context, s *selection, r reading, f func(*stored) error) error {
	return c.eachFrom(ctx, s, r, "", page, f)
}

// eachFrom is each for ids behind one, of which the caller may want only the first few.
func (c *Collection) eachFrom(ctx context.Context, s *selection, r reading, after string, size int, f func(*stored) error) error {
	size = min(size, page)
	if !s.whole() {
		r.fields, size = r.fields|db.FieldMetadata, page
	}
	ask := func(path string, q object) ([]stored, error) {
		q["query"], q["size"], q["sort"], q["track_total_hits"] = s.query, size, []object{{"id": "asc"}}, false
		if after != "" {
			q["search_after"] = []string{after}
		}
		a, err := c.askAt(ctx, path, r.with(q))
		if err != nil {
			return nil, err
		}
		return r.documents(a.Hits.Hits)
	}
	each := func(docs []stored) error {
		docs, err := s.keep(docs)
		for i := range docs {
			if err == nil {
				err = f(&docs[i])
			}
		}
		return err
	}
	docs, err := ask(c.path("_search"), object{})
	if err == nil {
		err = c.still(ctx, s.state)
	}
	if err != nil {
		return err
	}
	if len(docs) < size || size < page {
		return each(docs)
	}
	// There are more, and they are to be of the same moment.
	const alive = "5m"
	var point struct {
		ID string `json:"pit_id"`
	}
	path := c.path("_search/point_in_time") + "?keep_alive=" + alive
	if isPinned(ctx) {
		path += "&preference=_primary"
	}
	err = c.d.client.do(ctx, call{method: http.MethodPost, path: path}, &point)
	if err == nil {
		err = c.still(ctx, s.state)
	}
	if err != nil {
		return err
	}
	defer c.d.forget(point.ID)
	for {
		docs, err := ask("/_search", object{"pit": object{"id": point.ID, "keep_alive": alive}})
		if err != nil {
			return err
		}
		more := len(docs) == size
		if more {
			after = docs[len(docs)-1].ID
		}
		if err := each(docs); err != nil || !more {
			return err
		}
	}
}

// forget ends a point in time. If it fails, the point ends by itself.
func (d *DB) forget(point string) {
	ctx, cancel := context.WithTimeout(context.Background(), d.client.set.timeout) // the caller's may have ended
	defer cancel()
	b, err := json.Marshal(object{"pit_id": []string{point}})
	if err == nil {
		err = d.client.do(ctx, call{method: http.MethodDelete, path: "/_search/point_in_time", body: b}, nil)
	}
	if err != nil {
		d.log.Debug("a point in time was left to end by itself", "err", err)
	}
}

// counts returns how many documents a query finds.
func (c *Collection) counts(ctx context.Context, query object) (int, error) {
	a, err := c.ask(ctx, object{"query": query, "size": 0, "track_total_hits": true})
	if err != nil {
		return 0, err
	}
	return a.Hits.Total.Value, nil
}

// count returns how many documents a selection has.
func (c *Collection) count(ctx context.Context, s *selection) (n int, err error) {
	if s.whole() {
		if n, err = c.counts(ctx, s.query); err == nil {
			err = c.still(ctx, s.state)
		}
		return n, err
	}
	err = c.each(ctx, s, reading{fields: db.FieldsNone}, func(*stored) error { n++; return nil })
	return n, err
}

// all are the documents that a reader of a state sees.
func (c *Collection) all(ctx context.Context, s *state) (*selection, error) {
	return c.where(ctx, s, filter.All())
}
