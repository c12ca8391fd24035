package server

import (
	"cmp"
	"context"
	"time"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/keys"
)

// mcpLimit is the number of documents of a list if a model does not say.
const mcpLimit = 10

type (
	mcpListDocumentsIn struct {
		Collection string `json:"collection" doc:"Name of the collection; list_collections returns all names"`
		Filter     string `json:"filter,omitempty" doc:"Condition on metadata, such as: lang = \"ko\" AND year >= 2020; all documents if missing"`
		Sort       string `json:"sort,omitempty" doc:"One or two fields with a comma between them, each with a minus for descending order: -year,title. Documents without the field come last. By id if missing"`
		Limit      int    `json:"limit,omitzero" doc:"Number of documents; 10 if missing"`
		Cursor     string `json:"cursor,omitempty" doc:"next of an answer before, to read on"`
	}
	mcpDocuments struct {
		Documents []mcpDocument `json:"documents" doc:"In order"`
		Next      string        `json:"next,omitempty" doc:"The cursor to read on with; missing at the end"`
		Warnings  []string      `json:"warnings,omitempty" doc:"What in the filter or the sort is probably a mistake"`
	}
	mcpFacetsIn struct {
		Collection string   `json:"collection" doc:"Name of the collection; list_collections returns all names, and the fields"`
		Fields     []string `json:"fields" doc:"Fields of the metadata; _source is the source"`
		Filter     string   `json:"filter,omitempty" doc:"Count only documents that meet this condition, such as: year >= 2020"`
		Text       string   `json:"text,omitempty" doc:"Count only the results of a search for this text"`
		K          int      `json:"k,omitzero" doc:"With text: results to count; 100 if missing"`
		Top        int      `json:"top,omitzero" doc:"Values of each field, the most frequent first; 10 if missing"`
		Prefix     string   `json:"prefix,omitempty" doc:"Only values that begin so, without regard to case"`
	}
	mcpFacetsOut struct {
		Documents int        `json:"documents" doc:"Documents that were looked at"`
		Facets    []mcpFacet `json:"facets" doc:"One per field"`
		Warnings  []string   `json:"warnings,omitempty" doc:"What is probably a mistake"`
	}
	mcpFacet struct {
		Field     string          `json:"field"`
		Documents int             `json:"documents" doc:"Documents that have the field"`
		Distinct  int             `json:"distinct" doc:"Values that differ"`
		Values    []mcpFacetValue `json:"values" doc:"The most frequent first"`
		Min       string          `json:"min,omitempty" doc:"The least number"`
		Max       string          `json:"max,omitempty" doc:"The greatest number"`
		First     string          `json:"first,omitempty" doc:"The first time"`
		Last      string          `json:"last,omitempty" doc:"The last time"`
	}
	mcpFacetValue struct {
		Value     string `json:"value"`
		Documents int    `json:"documents"`
	}
)

func (s *Server) mcpListDocuments(ctx context.Context, in mcpListDocumentsIn) (out mcpDocuments, err error) {
	if p := s.may(ctx, keys.Read, in.Collection); p != nil {
		return out, p
	}
	scan := &inScan{CollectionPath: CollectionPath{in.Collection}}
	scan.Scan = api.Scan{Filter: in.Filter, Sort: in.Sort, Limit: cmp.Or(in.Limit, min(mcpLimit, s.opts.Limits.Batch)), Cursor: in.Cursor}
	if p := checkBounds("", bounded{"limit", in.Limit, s.opts.Limits.Batch}); p != nil {
		return out, p
	}
	r, err := s.scanDocuments(ctx, scan)
	if err != nil {
		return out, err
	}
	out = mcpDocuments{Documents: make([]mcpDocument, len(r.Body.Documents)), Next: r.Body.Next, Warnings: r.Body.Warnings}
	room := min(mcpSnippet, mcpAnswer/max(1, len(out.Documents)))
	for i := range out.Documents {
		out.Documents[i] = fromMCP(&r.Body.Documents[i])
		out.Documents[i].cut(0, room)
	}
	return out, nil
}

func (s *Server) mcpFacets(ctx context.Context, in mcpFacetsIn) (out mcpFacetsOut, err error) {
	if p := s.may(ctx, keys.Read, in.Collection); p != nil {
		return out, p
	}
	where, err := api.URLFilter(in.Filter, s.filterLimits())
	if err != nil {
		return out, err
	}
	q := db.FacetQuery{Fields: in.Fields, Filter: where, Top: in.Top, Prefix: in.Prefix}
	if in.Text != "" {
		search, p := s.query(&api.Query{Text: in.Text, K: cmp.Or(in.K, min(100, s.opts.Limits.K))}, "")
		if p != nil {
			return out, p
		}
		q.Search = &search
	}
	r, err := s.countValues(ctx, in.Collection, q)
	if err != nil {
		return out, err
	}
	out = mcpFacetsOut{Documents: r.Body.Documents, Facets: []mcpFacet{}, Warnings: r.Body.Warnings}
	for i := range r.Body.Facets {
		f := &r.Body.Facets[i]
		m := mcpFacet{Field: f.Field, Documents: f.Documents, Distinct: f.Distinct, Values: []mcpFacetValue{}, Min: f.Min.String(), Max: f.Max.String()}
		if !f.First.IsZero() {
			m.First, m.Last = f.First.Format(time.RFC3339Nano), f.Last.Format(time.RFC3339Nano)
		}
		for _, v := range f.Values {
			m.Values = append(m.Values, mcpFacetValue{v.Value.String(), v.Documents})
		}
		out.Facets = append(out.Facets, m)
	}
	return out, nil
}
