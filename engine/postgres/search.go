package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Search is db.Collection.Search. Recall, EfSearch and Oversampling of the query are not
// looked at, but for a Recall of 1, which is Exact.
func (c *Collection) Search(ctx context.Context, q db.Query) (matches []db.Match, err error) {
	err = c.d.read(ctx, func(tx pgx.Tx) error {
		matches, err = c.search(ctx, tx, q)
		return err
	})
	return matches, failed("search", c.name, err)
}

func (c *Collection) search(ctx context.Context, tx pgx.Tx, q db.Query) ([]db.Match, error) {
	asked, err := c.Ask(ctx, q, c.GetFields)
	if err != nil {
		return nil, err
	}
	if q.Trace != nil {
		warnings, err := c.warnings(ctx, tx, q.Filter, asked.GroupedBy()...)
		if err != nil {
			return nil, err
		}
		asked.Trace.Warnings = append(asked.Trace.Warnings, warnings...)
	}
	if asked.Nothing {
		return nil, asked.Finish(ctx, nil)
	}
	s := search{Collection: c, tx: tx, asked: asked, terms: map[int64][]uint64{}}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	ranked, err := s.rank(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	matches, err := s.load(ctx, ranked)
	if err != nil {
		return nil, err
	}
	asked.Trace.Load = time.Since(start)
	if err := s.surround(ctx, matches); err != nil {
		return nil, err
	}
	return matches, asked.Finish(ctx, matches)
}

// begin reads what is needed before candidates are looked for.
func (s *search) begin(ctx context.Context) (err error) {
	start := time.Now()
	if s.meets, err = s.meeting(ctx, s.tx, s.asked.Filter); err != nil {
		return err
	}
	s.asked.Trace.Filter = time.Since(start)
	s.except = db.AllComposed(s.asked.Except())
	s.filtered = s.asked.Filter.Kind() != filter.KindAll || len(s.except) > 0
	return s.count(ctx)
}

// surround adds what stands around the results.
func (s *search) surround(ctx context.Context, matches []db.Match) error {
	return s.asked.Surround(matches, func(ids []string) ([]db.Document, error) {
		return s.get(ctx, s.tx, db.FieldsDefault, ids)
	})
}

// search is the state of one search.
type search struct {
	*Collection
	tx     pgx.Tx
	asked  *db.Asked
	meets  condition
	except []string // ids, composed
	// filtered says that not all documents are looked at. Of all, those that have expired
	// are left out after they were found.
	filtered bool

	nos   []int64            // of the candidates
	terms map[int64][]uint64 // of documents by their numbers, as far as they were read
}

// rank finds candidates and ranks them.
func (s *search) rank(ctx context.Context) (ranked []db.Ranked, err error) {
	err = s.asked.Grow(func(k int) (int, bool, error) {
		all, err := s.retrieve(ctx, k)
		if err != nil {
			return 0, false, err
		}
		candidates, err := s.candidates(ctx)
		if err != nil {
			return 0, false, err
		}
		ranked, err = s.asked.Rank(ctx, candidates)
		return len(ranked), all, err
	})
	return ranked, err
}

// count reads the statistics of the question's words.
func (s *search) count(ctx context.Context) error {
	keys := s.asked.Keys()
	if len(keys) == 0 {
		s.asked.Count(0, 0, nil)
		return nil
	}
	var documents int
	var length int64
	frequencies := map[uint64]uint32{}
	b := &pgx.Batch{}
	b.Queue(`SELECT documents, length FROM frony.collections WHERE id = $1`, s.id).QueryRow(func(row pgx.Row) error {
		return row.Scan(&documents, &length)
	})
	s.frequencies(b, keys, frequencies)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	if len(frequencies) == 0 {
		b = &pgx.Batch{}
		s.frequencies(b, s.asked.Completions(), frequencies)
		if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
	}
	s.asked.Count(documents, uint64(length), frequencies)
	return nil
}

// frequencies asks how many documents have each term.
func (s *search) frequencies(b *pgx.Batch, keys []uint64, into map[uint64]uint32) {
	signed := make([]int64, len(keys))
	for i, key := range keys {
		signed[i] = int64(key)
	}
	b.Queue(`SELECT key, documents FROM `+s.t.terms+` WHERE key = ANY($1) AND documents > 0`, signed).Query(func(rows pgx.Rows) error {
		return each(rows, func() error {
			var key, n int64
			err := rows.Scan(&key, &n)
			into[uint64(key)] = uint32(n)
			return err
		})
	})
}

// retrieve finds the numbers of candidates for k results. It reports whether these are
// all that there are.
func (s *search) retrieve(ctx context.Context, k int) (all bool, err error) {
	all = true
	s.nos = s.nos[:0]
	n := s.asked.Candidates(k)
	for i, r := range s.asked.Retrievals() {
		if r.Vector != nil {
			start := time.Now()
			found, err := s.dense(ctx, r.Vector, n)
			if err != nil {
				return false, err
			}
			s.asked.Trace.Graph += time.Since(start)
			s.nos, all = append(s.nos, found...), all && len(found) < n
		} else if i == 0 {
			s.asked.Trace.Plan = db.PlanLexical
		}
		if r.Text == "" {
			continue
		}
		start := time.Now()
		found, err := s.lexical(ctx, r.Text, n)
		if err != nil {
			return false, err
		}
		s.asked.Trace.Lexical += time.Since(start)
		s.nos, all = append(s.nos, found...), all && len(found) < n
	}
	slices.Sort(s.nos)
	s.nos = slices.Compact(s.nos)
	return all, nil
}

// Of what the graph proposes, the full vectors rank overfetch times as many as are asked
// for, and no fewer than leastBeam.
const (
	overfetch = 2
	leastBeam = 400
	mostBeam  = 1000 // pgvector's limit of hnsw.ef_search; beyond it, the scan goes on
)

// dense finds the numbers of the n nearest documents.
func (s *search) dense(ctx context.Context, v []float32, n int) ([]int64, error) {
	info := s.Info()
	var a args
	q := a.add(v) + "::vector"
	from := ` FROM ` + s.t.docs + ` d WHERE ` + s.meets(&a) + s.others(&a)
	var sql string
	b := &pgx.Batch{}
	if s.asked.Exact() || info.HeadDims > mostIndexed {
		s.asked.Trace.Plan = db.PlanExact
		sql = `SELECT d.no` + from + ` ORDER BY d.embedding <=> ` + q + ` LIMIT ` + a.add(n)
	} else {
		s.asked.Trace.Plan = db.PlanGraph
		beam := max(overfetch*n, leastBeam)
		b.Queue(fmt.Sprintf(`SET LOCAL hnsw.ef_search = %d`, min(beam, mostBeam)))
		b.Queue(`SET LOCAL hnsw.iterative_scan = relaxed_order`)
		sql = `WITH near AS MATERIALIZED (SELECT d.no, d.embedding` + from + ` ORDER BY ` + head("d.embedding", &info) + ` <=> ` + head(q, &info) +
			` LIMIT ` + a.add(beam) + `) SELECT no FROM near ORDER BY embedding <=> ` + q + ` LIMIT ` + a.add(n)
	}
	var nos []int64
	b.Queue(sql, a...).Query(func(rows pgx.Rows) (err error) {
		nos, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	return nos, s.tx.SendBatch(ctx, b).Close()
}

// others leaves the examples of the query out.
func (s *search) others(a *args) string {
	if len(s.except) == 0 {
		return ""
	}
	return ` AND d.id_key <> ALL(` + a.add(s.except) + `)`
}

// candidates reads what ranking needs of the documents that were found.
func (s *search) candidates(ctx context.Context) ([]db.Candidate, error) {
	f := db.FieldsNone
	if slices.ContainsFunc(s.asked.Retrievals(), func(r db.Retrieval) bool { return r.Vector != nil }) {
		f |= db.FieldEmbedding
	}
	if s.asked.Grouped() {
		f |= db.FieldMetadata
	}
	docs, err := s.numbered(ctx, s.tx, f, s.nos)
	if err != nil {
		return nil, err
	}
	s.nos = slices.DeleteFunc(s.nos, func(no int64) bool { return docs[no] == nil || docs[no].expired })
	out := make([]db.Candidate, len(s.nos))
	for i, no := range s.nos {
		out[i].Vector = docs[no].Embedding
		if s.asked.Grouped() {
			out[i].Document = &docs[no].Document
		}
	}
	if len(s.asked.Keys()) == 0 {
		return out, nil
	}
	if err := s.read(ctx, s.nos); err != nil {
		return nil, err
	}
	for i, no := range s.nos {
		out[i].Terms = s.terms[no]
	}
	return out, nil
}

// load reads the documents of the results.
func (s *search) load(ctx context.Context, ranked []db.Ranked) ([]db.Match, error) {
	nos := make([]int64, len(ranked))
	for i, r := range ranked {
		nos[i] = s.nos[r.At]
	}
	docs, err := s.numbered(ctx, s.tx, s.asked.Fields(), nos)
	if err != nil {
		return nil, err
	}
	matches := make([]db.Match, 0, len(ranked))
	for i, r := range ranked {
		if d := docs[nos[i]]; d != nil {
			matches = append(matches, r.Match(d.Document))
		}
	}
	return matches, nil
}
