package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/server/keys"
)

type outKey struct{ Body api.KeyInfo }

// keyRoute tells a client what its own key may do, so that it offers nothing else. Of
// other keys nothing is told.
func (s *Server) keyRoute() {
	register(s, huma.Operation{
		OperationID: "get-key", Method: http.MethodGet, Path: "/v1/key", Tags: []string{"key"},
		Summary: "Describe the key of the request: its name, role and scope",
	}, keys.Read, s.ownKey)
}

func (s *Server) ownKey(ctx context.Context, _ *struct{}) (*outKey, error) {
	role := keys.Admin // without keys, everything is allowed
	var out outKey
	if k := callOf(ctx).key; k != nil {
		role = k.Role
		out.Body.Name, out.Body.Collections = k.Name, k.Collections
		if k.Where != nil {
			out.Body.Where = k.Where.String()
		}
	}
	if s.opts.ReadOnly {
		role = keys.Read
	}
	out.Body.Role = role.String()
	return &out, nil
}
