package server

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/server/compat"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// endpoint says who may use a route and what it takes.
type endpoint struct {
	role    keys.Role // keys.None is open to all
	body    bodyKind
	shape   compat.Shape // how failures are told; nil is the server's own way
	slot    slotKind
	whole   bool // is about all collections, so that a key for some of them is refused
	unbound bool // knows no filters of keys, so that a key with one is refused
}

// needs says which key is needed.
func (e *endpoint) needs() string {
	s := "Needs a key with the role " + e.role.String()
	if e.whole {
		s += " for all collections"
	}
	return s + "."
}

type bodyKind uint8

const (
	bodyNone   bodyKind = iota
	bodyWhole           // read into memory before the handler runs
	bodyStream          // left to the handler
)

// handle registers a route behind its guards.
func (s *Server) handle(pattern string, e endpoint, h http.Handler) {
	s.endpoints[pattern] = e
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context())
		c.route, c.shape = pattern, e.shape
		if p := s.admit(r, c, e); p != nil {
			if r.ContentLength != 0 {
				// Only closing keeps the rest of the body from being read.
				w.Header().Set("Connection", "close")
			}
			s.metrics.refused(p.Detail.Code)
			writeProblem(w, r, p)
			return
		}
		if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
			// Parameters that can't be parsed would be left out, and the answer be wrong.
			writeProblem(w, r, problem.Refuse(http.StatusBadRequest, "invalid_request", "the URL's query can't be read: %s", err).At("query"))
			return
		}
		if e.body != bodyStream {
			ctx, cancel := context.WithTimeout(r.Context(), s.opts.Limits.Answer)
			defer cancel()
			r = r.WithContext(ctx)
		}
		s.receive(w, r, e, h)
	})
}

// admit decides by the header alone, before any of the body is read.
func (s *Server) admit(r *http.Request, c *call, e endpoint) *problem.Problem {
	role := e.role
	if role == keys.None {
		return nil
	}
	set := s.keys.Load()
	if set.Len() > 0 {
		secret := bearer(r.Header)
		if secret == "" {
			return problem.Refuse(http.StatusUnauthorized, "no_key", "the request has no key").
				Hint("send Authorization: Bearer KEY")
		}
		if c.key = set.Find(secret); c.key == nil {
			return problem.Refuse(http.StatusUnauthorized, "wrong_key", "the key is not known")
		}
		if p := s.may(r.Context(), role, r.PathValue("collection")); p != nil {
			return p
		}
		if e.whole && !c.key.Whole() {
			return problem.Refuse(http.StatusForbidden, "forbidden", "this is about all collections, and the key %s is for a part of them", c.key.Name).
				Hint("use a key that is made without --only and --where")
		}
	}
	if e.unbound && c.key != nil && c.key.Where != nil {
		return problem.Refuse(http.StatusForbidden, "forbidden", "the key %s is bound to a filter, which this protocol does not know", c.key.Name).
			Hint("use the server's own API, or a key that is made without --where")
	}
	if s.opts.ReadOnly && role > keys.Read {
		return problem.Refuse(http.StatusForbidden, "read_only", "the server was started to read only")
	}
	return s.rates.Take(c.keyName())
}

// may decides whether the request's key has a role for a collection. Without
// keys everything is allowed.
func (s *Server) may(ctx context.Context, role keys.Role, collection string) *problem.Problem {
	k := callOf(ctx).key
	switch {
	case s.opts.ReadOnly && role > keys.Read:
		return problem.Refuse(http.StatusForbidden, "read_only", "the server was started to read only")
	case k == nil || k.Allows(role, collection):
		return nil
	case k.Role < role:
		return problem.Refuse(http.StatusForbidden, "forbidden", "the key %s has the role %s, this needs %s", k.Name, k.Role, role)
	}
	return problem.Refuse(http.StatusForbidden, "forbidden", "the key %s is not for this collection", k.Name).At("collection")
}

// bearer finds the key where clients put it.
func bearer(h http.Header) string {
	if scheme, secret, ok := strings.Cut(h.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(secret)
	}
	for _, name := range []string{"X-Api-Key", "Api-Key", "X-Chroma-Token"} {
		if v := h.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// GuardHost refuses requests that a foreign web page makes a browser send, by
// pointing its own name here (DNS rebinding) or across origins that Options.CORSOrigins
// does not have. ServeHTTP does so itself.
func (s *Server) GuardHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed := s.cors.allows(w, r, s.keys.Load().Len() > 0)
		var p *problem.Problem
		switch {
		case !s.hostAllowed(r.Host):
			p = problem.Refuse(http.StatusForbidden, "wrong_host", "this server does not answer for the host %.100q", r.Host).
				Hint("use localhost or an address, or start it with --host")
		case allowed && s.cors.preflight(w, r):
			return
		case !allowed && s.cors.protection.Check(r) != nil:
			p = problem.Refuse(http.StatusForbidden, "cross_origin", "cross-origin requests are not allowed")
		default:
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		s.metrics.refused(p.Detail.Code)
		writeProblem(w, r, p)
	})
}

func (s *Server) hostAllowed(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if len(s.opts.Hosts) == 0 && s.keys.Load().Len() > 0 {
		return true
	}
	return host == "localhost" || net.ParseIP(host) != nil || slices.Contains(s.opts.Hosts, host)
}

// notFound answers what no route matches, in the form of the API.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	allow := s.methods(r.URL, r.Host)
	if allow != nil {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		writeProblem(w, r, problem.Refuse(http.StatusMethodNotAllowed, "method_not_allowed", "the method %s is not allowed here", r.Method).
			Hint("use "+strings.Join(allow, " or ")))
		return
	}
	p := problem.Refuse(http.StatusNotFound, "no_route", "there is nothing at this path").Hint("/openapi.json lists what there is")
	if path, ok := strings.CutSuffix(r.URL.Path, "/"); ok && s.methods(&url.URL{Path: path}, r.Host) != nil {
		p = p.Hint("leave out the slash at the end")
	}
	writeProblem(w, r, p)
}

// methods are the methods that a path has.
func (s *Server) methods(u *url.URL, host string) (allow []string) {
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := &http.Request{Method: m, URL: u, Host: host}
		if _, pattern := s.mux.Handler(probe); pattern != "/" && pattern != "" {
			allow = append(allow, m)
		}
	}
	return allow
}
