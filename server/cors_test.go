package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
	"github.com/fronyai/frony-db/server/keys"
)

// TestCORS: no header of CORS is sent without the option, nor to another origin, and
// credentials are never allowed.
func TestCORS(t *testing.T) {
	t.Parallel()
	const secret = "key-0123456789abcdef0123456789abcdef"
	k, err := keys.New("k", keys.Admin, nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.NewSet(k)
	if err != nil {
		t.Fatal(err)
	}
	const app, other = "https://app.example", "https://other.example"
	for _, c := range []struct {
		name    string
		opts    server.Options
		allowed []string
		refused []string
	}{
		{"none", server.Options{}, nil, []string{app, other, "null"}},
		{"none, with keys", server.Options{Keys: set}, nil, []string{app, "null"}},
		{"one", server.Options{CORSOrigins: []string{"HTTPS://app.example"}}, []string{app}, []string{other, "null", "http://app.example", app + ":8443", app + ".evil.example"}},
		{"one, with keys", server.Options{CORSOrigins: []string{other, app}, Keys: set}, []string{app, other}, []string{"null"}},
		{"all, with keys", server.Options{CORSOrigins: []string{"*"}, Keys: set}, []string{app, other, "null"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t, &c.opts)
			if c.opts.Keys != nil {
				b.key = secret
			}
			b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
			ask := func(method, path, body, origin string) (int, http.Header) {
				status, _, h := b.do(method, path, body, "Origin", origin, "Sec-Fetch-Site", "cross-site")
				if h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Access-Control-Allow-Origin") == "*" {
					t.Errorf("%s: %v", origin, h)
				}
				return status, h
			}
			preflight := func(origin string) (int, http.Header) {
				key := b.key
				defer func() { b.key = key }()
				b.key = "" // browsers ask without it
				status, _, h := b.do("OPTIONS", notes+"/search", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
				return status, h
			}
			for _, origin := range c.allowed {
				for _, r := range [][3]string{{"GET", notes, ""}, {"POST", notes + "/search", `{"text":"x"}`}, {"GET", notes + "/documents/none", ""}} {
					if status, h := ask(r[0], r[1], r[2], origin); status == 403 || h.Get("Access-Control-Allow-Origin") != origin || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Origin") {
						t.Errorf("%v from %s: %d %v", r, origin, status, h)
					}
				}
				status, h := preflight(origin)
				if status != 204 || h.Get("Access-Control-Allow-Origin") != origin || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") || h.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("preflight from %s: %d %v", origin, status, h)
				}
			}
			for _, origin := range append(c.refused, "") {
				_, h := ask("GET", notes, "", origin)
				status, g := preflight(origin)
				for _, h := range []http.Header{h, g} {
					for name := range h {
						if strings.HasPrefix(name, "Access-Control-") {
							t.Errorf("%q hears %s", origin, name)
						}
					}
				}
				if status == 204 {
					t.Errorf("the preflight of %q is answered", origin)
				}
				if origin == "" {
					continue
				}
				if status, _ := ask("POST", notes+"/search", `{"text":"x"}`, origin); status != 403 {
					t.Errorf("%q may search: %d", origin, status)
				}
			}
			if c.opts.Keys != nil && len(c.allowed) > 0 {
				b.key = ""
				if status, h := ask("GET", notes, "", app); status != 401 || h.Get("Access-Control-Allow-Origin") != app {
					t.Errorf("without a key: %d %v", status, h)
				}
			}
		})
	}
	d := start(t, nil)
	for _, origins := range [][]string{{"*"}, {"app.example"}, {"https://app.example/path"}, {""}} {
		if _, err := server.New(engine.Local(d.db), &server.Options{CORSOrigins: origins}); err == nil {
			t.Errorf("%q was taken", origins)
		}
	}
}

func TestSearchByURL(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	for _, where := range []string{`lang = "ko"`, `{"field":"lang","op":"=","value":"ko"}`} {
		v := b.ask(200, "GET", notes+"/search?q="+url.QueryEscape("서울의 봄")+"&k=2&mode=lexical&fields=text&filter="+url.QueryEscape(where), "")
		m := b.list(v["matches"])
		if len(m) != 1 || m[0].(map[string]any)["id"] != "1" || m[0].(map[string]any)["metadata"] != nil || v["mode"] != "lexical" {
			t.Error(v)
		}
	}
	if v := b.ask(200, "GET", notes+"/search?q=x&mode=dense&exact=true&offset=1&group_by=lang", ""); len(b.list(v["matches"])) != 2 {
		t.Error(v)
	}
	if e := b.refused(400, "invalid_filter", "GET", notes+"/search?q=x&filter=a+%3D%3D", ""); e["param"] != "filter" {
		t.Error(e)
	}
	b.refused(400, "invalid_filter", "GET", notes+"/search?q=x&filter=%7B", "")
	b.refused(422, "invalid_request", "GET", notes+"/search", "")
	b.refused(422, "invalid_request", "GET", notes+"/search?q=x&mode=magic", "")
	b.refused(400, "limit_exceeded", "GET", notes+"/search?q=x&k=100000", "")
	b.refused(404, "no_collection", "GET", "/v1/collections/none/search?q=x", "")
}
