package server

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"github.com/fronyai/frony-db/server/keys"
)

//go:embed console
var consoleFiles embed.FS

// policy lets the console's page load its own files and nothing else: markup in a
// document stays text, and nothing is sent to another host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// consoleRoutes serves the page to everybody: it holds no data, and asks for the key
// itself.
func (s *Server) consoleRoutes() error {
	files, err := fs.ReadDir(consoleFiles, "console")
	if err != nil {
		return err
	}
	for _, f := range files {
		b, err := consoleFiles.ReadFile(path.Join("console", f.Name()))
		if err != nil {
			return err
		}
		route := "GET /console/" + f.Name()
		if f.Name() == "index.html" {
			route = "GET /{$}"
		}
		s.handle(route, endpoint{role: keys.None}, consoleFile(f.Name(), b))
	}
	return nil
}

func consoleFile(name string, content []byte) http.Handler {
	kind := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".js" {
		kind = "text/javascript; charset=utf-8" // systems differ
	}
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache") // revalidated each time
		h.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", kind)
		_, _ = w.Write(content)
	})
}
