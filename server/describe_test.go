package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/server"
)

// The description has every route, the limits, both answers of a creation, and no
// part with two types.
func TestDescription(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{Limits: server.Limits{K: 77}})
	for _, path := range []string{"/openapi.json", "/openapi-3.0.json"} {
		v := b.ask(200, "GET", path, "")
		paths := v["paths"].(map[string]any)
		for pattern := range b.s.Routes() {
			method, route, _ := strings.Cut(pattern, " ")
			route = strings.NewReplacer("{$}", "", "{model...}", "{model}").Replace(route)
			if strings.HasPrefix(route, "/console/") || method == "GET" && route == "/" {
				continue
			}
			ops, _ := paths[route].(map[string]any)
			if ops[strings.ToLower(method)] == nil {
				t.Errorf("%s does not describe %s", path, pattern)
			}
		}
		schemas := v["components"].(map[string]any)["schemas"].(map[string]any)
		k := schemas["Query"].(map[string]any)["properties"].(map[string]any)["k"].(map[string]any)
		if k["maximum"] != json.Number("77") {
			t.Errorf("%s: k is %v", path, k)
		}
		responses := paths["/v1/collections"].(map[string]any)["post"].(map[string]any)["responses"].(map[string]any)
		if responses["200"] == nil || responses["201"] == nil || responses["default"] == nil {
			t.Errorf("%s: a creation has the answers %v", path, responses)
		}
		if s := fmt.Sprint(v); strings.Contains(s, "type:[") || v["servers"] == nil {
			t.Errorf("%s has a part with several types, or no servers", path)
		}
	}
}
