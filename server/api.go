package server

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// adapter puts the framework's routes behind the same guards as all others.
type adapter struct{ s *Server }

func (a adapter) Handle(op *huma.Operation, h func(huma.Context)) {
	a.s.handle(op.Method+" "+op.Path, op.Metadata["endpoint"].(endpoint), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(humago.NewContext(op, r, w))
	}))
}

func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.s.mux.ServeHTTP(w, r) }

func (s *Server) routes() error {
	config := huma.DefaultConfig("frony-db", s.opts.Version)
	config.Info.Description = "Collections of documents, found by meaning. Errors are {\"error\": {…}} with a stable code."
	config.CreateHooks = nil
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.RejectUnknownQueryParameters = true
	config.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	config.Transformers = []huma.Transformer{s.transform}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	config.Security = []map[string][]string{{"key": {}}}
	registerSchemas(config.Components.Schemas)
	s.api = huma.NewAPI(config, adapter{s})

	s.collectionRoutes()
	s.aliasRoutes()
	s.documentRoutes()
	s.searchRoutes()
	s.facetRoutes()
	s.mapRoute()
	s.keyRoute()
	s.taskRoutes()
	s.backupRoutes()
	s.compatRoutes()
	if s.opts.speaks(CompatChroma) {
		s.chromaRoutes()
	}
	s.mcpRoutes()

	s.handle("GET /openapi.json", endpoint{role: keys.Read}, s.openapi(&s.spec))
	s.handle("GET /openapi-3.0.json", endpoint{role: keys.Read}, s.openapi(&s.oldSpec))
	s.healthRoutes()
	s.mux.HandleFunc("/", s.notFound)
	return s.consoleRoutes()
}

func (s *Server) openapi(spec *[]byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(*spec)
	})
}

// slotOf chooses the slot that an operation takes. Descriptions of collections take
// none, and are always answered.
func slotOf(op *huma.Operation, role keys.Role) slotKind {
	switch {
	case strings.HasPrefix(op.Path, "/v1/tasks"), strings.HasPrefix(op.Path, "/v1/backups"), strings.HasPrefix(op.Path, "/v1/aliases"):
		return slotNone // they don't wait for anything, and a busy server must be told to stop
	case role > keys.Read:
		return slotWrite
	case op.Path == "/v1/search", strings.Contains(op.Path, "{collection}/documents"), strings.Contains(op.Path, "{collection}/search"),
		strings.Contains(op.Path, "{collection}/facets"), strings.Contains(op.Path, "{collection}/fields"),
		strings.Contains(op.Path, "{collection}/map"):
		return slotSearch
	}
	return slotNone
}

// register adds an operation with the role that it needs.
func register[I, O any](s *Server, op huma.Operation, role keys.Role, h func(context.Context, *I) (*O, error)) {
	add(s, op, endpoint{role: role}, h)
}

// registerWhole adds an operation that is about the whole database.
func registerWhole[I, O any](s *Server, op huma.Operation, role keys.Role, h func(context.Context, *I) (*O, error)) {
	add(s, op, endpoint{role: role, whole: true}, h)
}

func add[I, O any](s *Server, op huma.Operation, e endpoint, h func(context.Context, *I) (*O, error)) {
	kind := bodyNone
	if op.Method == http.MethodPost || op.Method == http.MethodPut || op.Method == http.MethodPatch {
		kind = bodyWhole
	}
	e.body, e.slot = kind, slotOf(&op, e.role)
	op.Metadata = map[string]any{"endpoint": e}
	op.Description += "\n\n" + e.needs()
	op.MaxBodyBytes = s.opts.Limits.Body + 1 // the guard has read it already
	op.BodyReadTimeout = -1
	op.Responses = map[string]*huma.Response{"default": problemResponse(s.api)}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		var out *O
		err := s.following(ctx, func(ctx context.Context) (err error) {
			out, err = h(ctx, in)
			return err
		})
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// problemResponse describes every answer that is not a success.
func problemResponse(a huma.API) *huma.Response {
	return &huma.Response{
		Description: "What went wrong",
		Content: map[string]*huma.MediaType{"application/json": {
			Schema: schemaOf[problem.Problem](a),
		}},
	}
}

func schemaOf[T any](a huma.API) *huma.Schema {
	t := reflect.TypeFor[T]()
	return a.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

// collection opens a collection for a request.
func (s *Server) collection(ctx context.Context, name string) (engine.Collection, error) {
	if s.loading(name) {
		return nil, problem.Refuse(http.StatusServiceUnavailable, "loading", "the database is still opening").After(2)
	}
	return s.open(ctx, name, &db.CollectionOptions{MustExist: true})
}

// open opens a collection for a request, or creates it.
func (s *Server) open(ctx context.Context, name string, o *db.CollectionOptions) (engine.Collection, error) {
	c, err := s.db.Collection(ctx, name, o)
	if err != nil {
		return nil, err
	}
	if is := c.Name(); is != name {
		// The key was checked for an alias only, or for another spelling: macOS
		// decomposes 메, and nobody sees it.
		if p := s.may(ctx, keys.Read, is); p != nil {
			return nil, p
		}
		if o, ok := ctx.Value(openedKey{}).(*opened); ok {
			*o = opened{name, is}
		}
	}
	if k := callOf(ctx).key; k != nil && k.Where != nil {
		return c.Restrict(*k.Where)
	}
	return c, nil
}
