package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// CollectionPath is the part of an operation's input that names a collection.
type CollectionPath struct {
	Collection string `path:"collection" maxLength:"512" doc:"The collection's name"`
}

type (
	outInfo struct {
		Status int
		Body   api.CollectionInfo
	}
	outStats       struct{ Body api.Stats }
	outCollections struct{ Body api.Collections }
	outDropped     struct{ Body api.Dropped }
	inRename       struct {
		CollectionPath
		Body api.RenameCollection
	}
)

func (s *Server) collectionRoutes() {
	tags := []string{"collections"}
	register(s, huma.Operation{
		OperationID: "create-collection", Method: http.MethodPost, Path: "/v1/collections", Tags: tags,
		Summary: "Create a collection", DefaultStatus: http.StatusCreated,
	}, keys.Admin, s.createCollection)
	register(s, huma.Operation{
		OperationID: "list-collections", Method: http.MethodGet, Path: "/v1/collections", Tags: tags,
		Summary: "List the collections that the key has access to",
	}, keys.Read, s.listCollections)
	register(s, huma.Operation{
		OperationID: "get-collection", Method: http.MethodGet, Path: "/v1/collections/{collection}", Tags: tags,
		Summary: "Describe a collection",
	}, keys.Read, s.getCollection)
	register(s, huma.Operation{
		OperationID: "collection-stats", Method: http.MethodGet, Path: "/v1/collections/{collection}/stats", Tags: tags,
		Summary: "Measure a collection: documents, and bytes in memory and on disk by part",
	}, keys.Read, s.collectionStats)
	register(s, huma.Operation{
		OperationID: "drop-collection", Method: http.MethodDelete, Path: "/v1/collections/{collection}", Tags: tags,
		Summary: "Drop a collection with all its documents", Description: "A collection that aliases lead to is not dropped: switch or drop these first.",
	}, keys.Admin, s.dropCollection)
	register(s, huma.Operation{
		OperationID: "rename-collection", Method: http.MethodPost, Path: "/v1/collections/{collection}/rename", Tags: tags,
		Summary: "Give a collection another name", Description: "Its aliases follow it, and requests go on. A task of the kind copy makes a copy.",
	}, keys.Admin, s.renameCollection)
}

func (s *Server) createCollection(ctx context.Context, in *struct{ Body api.NewCollection }) (*outInfo, error) {
	b := &in.Body
	b.Name = norm.NFC.String(b.Name)
	if p := s.may(ctx, keys.Admin, b.Name); p != nil {
		return nil, p
	}
	info, err := s.info(ctx, b.Name)
	switch {
	case err != nil:
		return nil, err
	case info != nil && !b.ExistOK:
		return nil, problem.Refuse(http.StatusConflict, "collection_exists", "the collection %q exists", b.Name).At("name")
	case info != nil && s.may(ctx, keys.Admin, info.Name) != nil:
		return nil, s.may(ctx, keys.Admin, info.Name)
	case info != nil:
		info.Aliases = s.seenAliases(ctx, info.Aliases)
		return &outInfo{http.StatusOK, *info}, nil
	}
	if p := s.create(ctx, b); p != nil {
		return nil, p
	}
	if info, err = s.info(ctx, b.Name); err != nil {
		return nil, err
	}
	if info == nil {
		return nil, problem.Refuse(http.StatusNotFound, "no_collection", "the collection %q has just been dropped", b.Name)
	}
	return &outInfo{http.StatusCreated, *info}, nil
}

func (s *Server) create(ctx context.Context, b *api.NewCollection) *problem.Problem {
	l := &s.opts.Limits
	if p := checkBounds("", bounded{"ef_search", b.EfSearch, l.EfSearch}, bounded{"oversampling", b.Oversampling, l.Oversampling}); p != nil {
		return p
	}
	if _, err := s.open(ctx, b.Name, b.DB()); err != nil {
		return s.problem(ctx, err)
	}
	return nil
}

func (s *Server) listCollections(ctx context.Context, _ *struct{}) (*outCollections, error) {
	var out outCollections
	k := callOf(ctx).key
	for info, err := range s.db.Collections(ctx) {
		if err != nil {
			return nil, err
		}
		if k == nil || k.Sees(info.Name) {
			if err := s.countOwn(ctx, &info); err != nil {
				return nil, err
			}
			info.Aliases = s.seenAliases(ctx, info.Aliases)
			out.Body.Collections = append(out.Body.Collections, info)
		}
	}
	return &out, nil
}

// info describes a collection, or the one that an alias leads to; nil if it does not exist.
func (s *Server) info(ctx context.Context, name string) (*api.CollectionInfo, error) {
	name = s.resolve(name)
	for info, err := range s.db.Collections(ctx) {
		if err != nil {
			return nil, err
		}
		if norm.NFC.String(info.Name) == norm.NFC.String(name) {
			return &info, nil
		}
	}
	return nil, nil
}

func (s *Server) getCollection(ctx context.Context, in *CollectionPath) (*outInfo, error) {
	info, err := s.info(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	if info == nil {
		return nil, problem.Refuse(http.StatusNotFound, "no_collection", "there is no collection %q", in.Collection).At("collection")
	}
	if p := s.may(ctx, keys.Read, info.Name); p != nil {
		return nil, p
	}
	info.Aliases = s.seenAliases(ctx, info.Aliases)
	if err := s.countOwn(ctx, info); err != nil {
		return nil, err
	}
	return &outInfo{http.StatusOK, *info}, nil
}

// countOwn makes a description tell of the documents alone that the key's filter allows.
func (s *Server) countOwn(ctx context.Context, info *api.CollectionInfo) error {
	if k := callOf(ctx).key; k == nil || k.Where == nil {
		return nil
	}
	info.Documents, info.Reembedding = 0, nil
	c, err := s.collection(ctx, info.Name)
	if err != nil {
		return nil //nolint:nilerr // just dropped, or still opening
	}
	info.Documents, err = c.Count(ctx, filter.All())
	return err
}

func (s *Server) collectionStats(ctx context.Context, in *CollectionPath) (*outStats, error) {
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	stats, err := c.Stats()
	if k := callOf(ctx).key; k != nil && k.Collections != nil {
		stats.Disk.Store = 0 // of all collections together
	}
	return &outStats{stats}, err
}

func (s *Server) dropCollection(ctx context.Context, in *CollectionPath) (*outDropped, error) {
	if _, p := s.target(ctx, keys.Admin, in.Collection); p != nil {
		return nil, p
	}
	if err := s.db.Drop(ctx, in.Collection); err != nil {
		return nil, s.discreet(ctx, err)
	}
	return &outDropped{api.Dropped{Dropped: in.Collection}}, nil
}

func (s *Server) renameCollection(ctx context.Context, in *inRename) (*outInfo, error) {
	name := norm.NFC.String(in.Body.Name)
	from, p := s.target(ctx, keys.Admin, in.Collection)
	if p != nil {
		return nil, p
	}
	if p := s.may(ctx, keys.Admin, name); p != nil {
		return nil, p.At("name")
	}
	d, err := engine.As[engine.Namer](s.db, "rename")
	if err != nil {
		return nil, err
	}
	if err := d.Rename(ctx, in.Collection, name); err != nil {
		p := s.problem(ctx, s.discreet(ctx, err))
		if p.Detail.Code == "collection_exists" || p.Detail.Code == "invalid_name" {
			p = p.At("name")
		}
		return nil, p
	}
	if err := s.chroma.Renamed(ctx, from, name); err != nil {
		return nil, err
	}
	return s.getCollection(ctx, &CollectionPath{name})
}
