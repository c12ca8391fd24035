package server

import (
	"fmt"
	"net/http"
	"strings"
)

// cors lets web pages of other origins use the API: those that the operator names, and
// with * all of them, if there are keys. It never allows credentials: a page sends its key
// in a header, and a browser adds none by itself.
type cors struct {
	protection *http.CrossOriginProtection
	origins    map[string]bool // nil: none is allowed, and no header is ever sent
	all        bool
}

func newCORS(origins []string) (*cors, error) {
	c := &cors{protection: http.NewCrossOriginProtection()}
	for _, o := range origins {
		if c.origins == nil {
			c.origins = make(map[string]bool)
		}
		if o == "*" {
			c.all = true
			continue
		}
		o = strings.ToLower(o)
		if err := c.protection.AddTrustedOrigin(o); err != nil {
			return nil, fmt.Errorf("CORSOrigins: %q is not an origin such as https://app.example: %w", o, err)
		}
		c.origins[o] = true
	}
	return c, nil
}

// What pages may send and read.
const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, X-Api-Key, Content-Type, Content-Encoding, Accept, Idempotency-Key, X-Request-Id, traceparent, Mcp-Session-Id, Mcp-Protocol-Version"
	corsExposed = "X-Request-Id, Retry-After, Idempotency-Replayed, Mcp-Session-Id"
)

// allows reports whether the page that sends a request may, and tells its browser so.
func (c *cors) allows(w http.ResponseWriter, r *http.Request, keys bool) bool {
	if c.origins == nil {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !c.origins[origin] && (!c.all || !keys) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", corsExposed)
	return true
}

// preflight answers a browser that asks what a page may send. It reports whether the
// request is such a question.
func (c *cors) preflight(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
