package fronydb_test

import (
	"context"
	"encoding/json"
	"maps"
	"testing"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/genkit"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
	fronydb "github.com/fronyai/frony-db/integrations/genkit"
	"github.com/fronyai/frony-db/integrations/internal/opened"
	"github.com/fronyai/frony-db/integrations/store"
	"github.com/fronyai/frony-db/integrations/storetest"
)

// tested is a store as storetest wants it. It asks through the registered retriever.
type tested struct {
	s *fronydb.Store
	r ai.Retriever
	g *genkit.Genkit
}

func (t tested) Add(ctx context.Context, namespace string, docs []storetest.Document) ([]string, error) {
	in := make([]*ai.Document, len(docs))
	for i, d := range docs {
		metadata := d.Metadata
		if d.ID != "" {
			metadata = map[string]any{"id": d.ID}
			maps.Copy(metadata, d.Metadata)
		}
		in[i] = ai.DocumentFromText(d.Text, metadata)
	}
	return t.s.Index(ctx, in, &fronydb.IndexOptions{Namespace: namespace})
}

func (t tested) Search(ctx context.Context, s storetest.Search) ([]storetest.Document, error) {
	o := &fronydb.RetrieverOptions{Namespace: s.Namespace, K: s.K, Filter: s.Filter}
	if s.Threshold != nil {
		o.MinCosine = new(float32(*s.Threshold))
	}
	res, err := genkit.Retrieve(ctx, t.g, ai.WithRetriever(t.r), ai.WithTextDocs(s.Query), ai.WithConfig(o))
	if err != nil {
		return nil, err
	}
	out := make([]storetest.Document, len(res.Documents))
	for i, d := range res.Documents {
		id, _ := d.Metadata["id"].(string)
		score, _ := d.Metadata["_score"].(float32)
		delete(d.Metadata, "_score")
		out[i] = storetest.Document{ID: id, Text: d.Content[0].Text, Metadata: d.Metadata, Score: float64(score)}
	}
	return out, nil
}

func (t tested) Delete(ctx context.Context, namespace string, ids []string) error {
	return t.s.Delete(ctx, namespace, ids...)
}

// run runs the conformance tests on what open opens.
func run[S store.Source](t *testing.T, open func(*testing.T) S, embeds bool) {
	storetest.Run(t, storetest.Suite{
		Open: func(t *testing.T) storetest.Store {
			g := genkit.Init(t.Context())
			o := &fronydb.Options{Collection: "notes"}
			if embeds {
				o.Embedder = fronydb.DefineEmbedder(g, "builtin", builtin.New())
				o.QueryOptions = &fronydb.EmbedOptions{Query: true}
			}
			s, err := fronydb.New(open(t), o)
			if err != nil {
				t.Fatal(err)
			}
			return tested{s, s.DefineRetriever(g, "notes"), g}
		},
		Filters: map[string]any{
			"expr":   filter.And(filter.Eq("lang", "ko"), filter.Ge("year", 2024)),
			"string": `lang = "ko" AND year >= 2024`,
			"map":    map[string]any{"lang": "ko", "year": map[string]any{"$gte": 2024}},
		},
		Refused: map[string]any{"string": "lang =", "operator": map[string]any{"lang": map[string]any{"$near": 1}}, "type": 7},
	})
}

func TestStore(t *testing.T) {
	t.Run("db", func(t *testing.T) { run(t, opened.DB, false) })
	t.Run("client", func(t *testing.T) { run(t, opened.Client, false) })
	t.Run("embedder", func(t *testing.T) { run(t, opened.DB, true) })
}

func TestParts(t *testing.T) {
	s, err := fronydb.New(opened.DB(t), &fronydb.Options{Collection: "notes"})
	if err != nil {
		t.Fatal(err)
	}
	given := &ai.Document{
		Content:  []*ai.Part{ai.NewTextPart("서울의 봄"), ai.NewMediaPart("image/png", "data:image/png;base64,AAAA"), ai.NewTextPart("은 짧다")},
		Metadata: map[string]any{"id": "spring", "_score": 7},
	}
	if _, err := s.Index(t.Context(), []*ai.Document{given}, nil); err != nil {
		t.Fatal(err)
	}
	// Options as they come from Genkit's developer interface.
	res, err := s.Retrieve(t.Context(), &ai.RetrieverRequest{
		Query: ai.DocumentFromText("봄", nil), Options: map[string]any{"k": 1, "filter": map[string]any{"_id": "spring"}, "minCosine": -1},
	})
	if err != nil || len(res.Documents) != 1 {
		t.Fatalf("retrieved %+v, %v", res, err)
	}
	got, _ := json.Marshal(res.Documents[0].Content)
	if want, _ := json.Marshal(given.Content); string(got) != string(want) {
		t.Fatalf("content is %s, want %s", got, want)
	}
	if score, ok := res.Documents[0].Metadata["_score"].(float32); !ok || score <= 0 || score > 1 || len(res.Documents[0].Metadata) != 2 {
		t.Errorf("metadata is %v", res.Documents[0].Metadata)
	}
	for _, bad := range []any{map[string]any{"top": 1}, "k=1", map[string]any{"k": "1"}} {
		if _, err := s.Retrieve(t.Context(), &ai.RetrieverRequest{Query: ai.DocumentFromText("봄", nil), Options: bad}); err == nil {
			t.Errorf("options %v were taken", bad)
		}
	}
	picture := &ai.Document{Content: []*ai.Part{ai.NewMediaPart("image/png", "data:image/png;base64,AAAA")}}
	for _, bad := range []*ai.Document{nil, picture, {}} {
		if _, err := s.Index(t.Context(), []*ai.Document{bad}, nil); err == nil {
			t.Errorf("%v was indexed", bad)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := fronydb.New(opened.DB(t), nil); err == nil {
		t.Error("a store without a collection was made")
	}
}
