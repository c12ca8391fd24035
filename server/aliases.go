package server

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// AliasPath is the part of an operation's input that names an alias.
type AliasPath struct {
	Alias string `path:"alias" maxLength:"512" doc:"The alias"`
}

type (
	inSetAlias struct {
		AliasPath
		Body api.SetAlias
	}
	outAliases      struct{ Body api.Aliases }
	outAliasSet     struct{ Body api.AliasSet }
	outAliasDropped struct{ Body api.AliasDropped }
)

func (s *Server) aliasRoutes() {
	tags := []string{"aliases"}
	register(s, huma.Operation{
		OperationID: "list-aliases", Method: http.MethodGet, Path: "/v1/aliases", Tags: tags,
		Summary: "List the aliases that the key has access to, with their collections",
	}, keys.Read, s.listAliases)
	register(s, huma.Operation{
		OperationID: "set-alias", Method: http.MethodPut, Path: "/v1/aliases/{alias}", Tags: tags,
		Summary:     "Make a name lead to a collection",
		Description: "Wherever a collection is named, the alias does as well. If it exists, it is switched in one transaction: each request is answered by the old collection or by the new one. The key must be for the alias and for both collections.",
	}, keys.Admin, s.setAlias)
	register(s, huma.Operation{
		OperationID: "drop-alias", Method: http.MethodDelete, Path: "/v1/aliases/{alias}", Tags: tags,
		Summary: "Drop an alias; its collection stays",
	}, keys.Admin, s.dropAlias)
}

// target is the collection that a name leads to, which is the name itself if there is
// none. The request's key must be for both: an alias gives access to nothing.
func (s *Server) target(ctx context.Context, role keys.Role, name string) (string, *problem.Problem) {
	if p := s.may(ctx, role, name); p != nil {
		return "", p
	}
	to := s.resolve(name)
	return to, s.may(ctx, role, to)
}

// resolve is the collection that a name leads to, the name itself if it is no alias.
func (s *Server) resolve(name string) string {
	if d, ok := s.db.(engine.Namer); ok {
		return d.Resolve(name)
	}
	return name
}

// aliases are all that there are: none of an engine without aliases.
func (s *Server) aliases(ctx context.Context) ([]db.Alias, error) {
	if d, ok := s.db.(engine.Namer); ok {
		return d.Aliases(ctx)
	}
	return nil, nil
}

func (s *Server) listAliases(ctx context.Context, _ *struct{}) (*outAliases, error) {
	list, err := s.aliases(ctx)
	if err != nil {
		return nil, err
	}
	out := &outAliases{api.Aliases{Aliases: []api.Alias{}}}
	for _, a := range list {
		if s.may(ctx, keys.Read, a.Name) == nil && s.may(ctx, keys.Read, a.Collection) == nil {
			out.Body.Aliases = append(out.Body.Aliases, a)
		}
	}
	return out, nil
}

// seenAliases are those of a collection's aliases that the request's key sees.
func (s *Server) seenAliases(ctx context.Context, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return s.may(ctx, keys.Read, name) != nil })
}

func (s *Server) setAlias(ctx context.Context, in *inSetAlias) (*outAliasSet, error) {
	name := norm.NFC.String(in.Alias)
	if _, p := s.target(ctx, keys.Admin, name); p != nil {
		return nil, p.At("alias")
	}
	to, p := s.target(ctx, keys.Admin, in.Body.Collection)
	if p != nil {
		return nil, p.At("collection")
	}
	d, err := engine.As[engine.Namer](s.db, "alias")
	if err != nil {
		return nil, err
	}
	previous, err := d.SetAlias(ctx, name, to)
	if err != nil {
		return nil, s.problem(ctx, s.discreet(ctx, err)).At(map[bool]string{true: "collection", false: "alias"}[errors.Is(err, db.ErrNoCollection)])
	}
	return &outAliasSet{api.AliasSet{Alias: name, Collection: to, Previous: previous}}, nil
}

func (s *Server) dropAlias(ctx context.Context, in *AliasPath) (*outAliasDropped, error) {
	if _, p := s.target(ctx, keys.Admin, in.Alias); p != nil {
		return nil, p.At("alias")
	}
	d, err := engine.As[engine.Namer](s.db, "alias")
	if err == nil {
		err = d.DropAlias(ctx, in.Alias)
	}
	if err != nil {
		return nil, err
	}
	return &outAliasDropped{api.AliasDropped{Dropped: in.Alias}}, nil
}

// discreet leaves out of an error the names that a key for some collections may not
// hear: what an alias leads to, and which aliases lead to a collection.
func (s *Server) discreet(ctx context.Context, err error) error {
	k := callOf(ctx).key
	switch {
	case k == nil || k.Collections == nil:
	case errors.Is(err, db.ErrAliased):
		return problem.Refuse(http.StatusConflict, "aliased", "an alias is in the way, perhaps one that the key %s does not see", k.Name).At("collection").
			Hint("GET /v1/aliases lists those that it sees")
	case errors.Is(err, db.ErrCollectionExists):
		return problem.Refuse(http.StatusConflict, "collection_exists", "the name is taken")
	}
	return err
}

// opened is what an alias led to when a request opened it.
type opened struct{ alias, collection string }

type openedKey struct{}

// following runs a request, and again if it failed because the alias that it names was
// switched, and the collection that it had led to dropped, after it was opened: that
// request is one to the new collection. Each try follows another switch.
func (s *Server) following(ctx context.Context, run func(context.Context) error) error {
	for {
		var o opened
		err := run(context.WithValue(ctx, openedKey{}, &o))
		if err == nil || o.alias == "" || ctx.Err() != nil {
			return err
		}
		gone := errors.Is(err, db.ErrClosed) || errors.Is(err, db.ErrNoCollection)
		if p, ok := errors.AsType[*problem.Problem](err); ok {
			gone = p.Detail.Code == "stopping" || p.Detail.Code == "no_collection"
		}
		if !gone || s.resolve(o.alias) == o.collection {
			return err
		}
	}
}
