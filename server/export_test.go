package server

import "github.com/fronyai/frony-db/server/keys"

// Route is an endpoint as tests see it.
type Route struct {
	Role  keys.Role
	Whole bool
}

// Routes are all endpoints by their patterns.
func (s *Server) Routes() map[string]Route {
	all := map[string]Route{}
	for pattern, e := range s.endpoints {
		all[pattern] = Route{e.role, e.whole}
	}
	return all
}
