package server

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.opentelemetry.io/otel/trace"

	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// MCP returns a Model Context Protocol server with the tools search, get, list, facets
// and list_collections and, if Options.MCPWrites allows it, upsert, update and delete.
// It requires no key: run it on a transport that only the operator can use, such as
// stdio.
func (s *Server) MCP() *mcp.Server { return s.mcpFor(&call{}) }

// mcpFor is MCP for what a request's key allows.
func (s *Server) mcpFor(c *call) *mcp.Server {
	m := mcp.NewServer(&mcp.Implementation{Name: "frony-db", Title: "frony-db", Version: s.opts.Version}, &mcp.ServerOptions{
		Instructions: "Collections of documents, found by meaning, in Korean and English across both. " +
			"Call list_collections first: it tells the names, the metadata fields and filters that fit them. Then search; get reads the rest of a long document, list reads documents in the order of a field, and facets counts values.",
		Capabilities: &mcp.ServerCapabilities{},
		Logger:       s.log,
	})
	writes := s.opts.MCPWrites && !s.opts.ReadOnly && (c.key == nil || c.key.Role >= keys.Write)
	for _, t := range s.tools {
		if t.role <= keys.Read || writes {
			m.AddTool(t.Tool, s.mcpHandler(c, t))
		}
	}
	return m
}

func (s *Server) mcpRoutes() {
	s.tools = s.mcpTools()
	h := mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server {
		return s.mcpFor(callOf(r.Context()))
	}, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, Logger: s.log,
		MaxRequestBodyBytes: s.opts.Limits.Body,
		// GuardHost does this, and knows the names that the operator allows.
		DisableLocalhostProtection: true,
	})
	s.handle("POST /mcp", endpoint{role: keys.Read, body: bodyWhole, slot: slotSearch}, h)
}

// tool is a tool with the role that it needs.
type tool struct {
	*mcp.Tool
	role keys.Role
	run  func(ctx context.Context, arguments []byte) (any, error)
}

// newTool makes a tool of a function. Its arguments are validated by their schema
// and then decoded as the bodies of other requests are: the SDK's own way takes
// every number through a float64.
func newTool[In, Out any](role keys.Role, t *mcp.Tool, run func(context.Context, In) (Out, error)) tool {
	in, validate := toolSchema[In]()
	t.InputSchema = in
	t.OutputSchema, _ = toolSchema[Out]()
	return tool{t, role, func(ctx context.Context, arguments []byte) (any, error) {
		if len(arguments) == 0 {
			arguments = []byte("{}")
		}
		var values map[string]any
		if err := json.Unmarshal(arguments, &values); err != nil {
			return nil, problem.Refuse(http.StatusBadRequest, "invalid_json", "%s", readable(err)).At("arguments")
		}
		in, err := decodeArguments[In](arguments)
		if err != nil {
			return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "%s", err).At("arguments")
		}
		dropNulls(values)
		if err := validate(values); err != nil {
			return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "%s", ofArguments(err)).At("arguments")
		}
		return run(ctx, in)
	}}
}

// ofArguments is what a validation by a schema says, in terms of the arguments.
func ofArguments(err error) string {
	text := err.Error()
	at := ""
	for {
		step, rest, ok := strings.Cut(strings.TrimPrefix(text, "validating "), ": ")
		if !strings.HasPrefix(text, "validating ") || !ok {
			break
		}
		if _, name, below := strings.Cut(step, "/properties/"); below {
			at = strings.ReplaceAll(strings.TrimSuffix(name, "/items"), "/items/properties/", ".") + ": "
		}
		text = rest
	}
	if names, ok := strings.CutPrefix(text, "required: missing properties: "); ok {
		return at + "there is no field " + strings.Trim(names, "[]")
	}
	return at + text
}

// dropNulls removes fields that are null: some models send them for what they leave
// out.
func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if x == nil {
				delete(v, name)
			}
			dropNulls(x)
		}
	case []any:
		for _, x := range v {
			dropNulls(x)
		}
	}
}

// decodeArguments decodes arguments that are valid. Some models write an integer as
// 3.0; the numbers of metadata stay as they are.
func decodeArguments[In any](arguments []byte) (in In, err error) {
	err = json.Unmarshal(arguments, &in, json.RejectUnknownMembers(true), json.WithUnmarshalers(wholeNumbers))
	return in, readable(err)
}

var wholeNumbers = json.UnmarshalFromFunc(func(d *jsontext.Decoder, n *int) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	if i, err := strconv.Atoi(string(v)); err == nil {
		*n = i
		return nil
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return fmt.Errorf("%.40s is not an integer here", v)
	}
	*n = int(f)
	return nil
})

// mcpHandler runs a tool for a request. Its errors are part of the result, for
// the model to read and act on.
func (s *Server) mcpHandler(c *call, t tool) mcp.ToolHandler {
	return func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		ctx = context.WithValue(ctx, callKey{}, c)
		if c.span != nil {
			ctx = trace.ContextWithSpan(ctx, c.span)
		}
		var out any
		err := s.following(ctx, func(ctx context.Context) (err error) {
			out, err = t.run(ctx, req.Params.Arguments)
			return err
		})
		if err != nil {
			p := s.problem(ctx, err)
			res := &mcp.CallToolResult{}
			res.SetError(fmt.Errorf("%s: %s", p.Detail.Code, p.Text()))
			return res, nil
		}
		b, err := json.Marshal(out, jsonOptions)
		if err != nil {
			return nil, err
		}
		return &mcp.CallToolResult{
			StructuredContent: stdjson.RawMessage(b),
			Content:           []mcp.Content{&mcp.TextContent{Text: string(b)}},
		}, nil
	}
}
