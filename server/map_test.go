package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/server"
	"github.com/fronyai/frony-db/server/keys"
)

func TestMap(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	got := b.ask(200, "POST", notes+"/map", `{"color":"lang","text":"winter","limit":10}`)
	for _, list := range []string{"ids", "x", "y", "colors"} {
		if n := len(b.list(got[list])); n != 3 {
			t.Errorf("%d %s", n, list)
		}
	}
	if len(b.list(got["question"])) != 2 || len(b.list(got["shares"])) != 2 || len(b.list(got["legend"])) != 2 || fmt.Sprint(got["documents"]) != "3" {
		t.Error(got)
	}
	got = b.ask(200, "POST", notes+"/map", `{"filter":"lang = \"xx\""}`)
	if len(b.list(got["ids"])) != 0 || got["question"] != nil || got["legend"] != nil {
		t.Error(got)
	}
	if e := b.refused(400, "invalid_filter", "POST", notes+"/map", `{"filter":"a =="}`); e["param"] != "filter" {
		t.Error(e)
	}
	b.refused(422, "invalid_request", "POST", notes+"/map", `{"limit":100001}`)
	b.refused(400, "invalid_query", "POST", notes+"/map", `{"color":"_id"}`)
	b.refused(404, "no_collection", "POST", "/v1/collections/none/map", `{}`)
}

// A key is told what it may do, and of no other key.
func TestOwnKey(t *testing.T) {
	t.Parallel()
	secret := func(name string) string { return name + "-0123456789abcdef0123456789abcdef" }
	var list []*keys.Key
	for _, k := range []struct {
		name string
		role keys.Role
		only []string
	}{{"ops", keys.Admin, nil}, {"web", keys.Read, []string{"notes"}}, {"app", keys.Write, []string{"notes"}}} {
		key, err := keys.New(k.name, k.role, k.only, secret(k.name))
		if err != nil {
			t.Fatal(err)
		}
		if k.name == "app" {
			if err := key.Bind(`tenant = "a"`); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, key)
	}
	set, err := keys.NewSet(list...)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, &server.Options{Keys: set})
	for name, want := range map[string]string{
		"ops": `map[name:ops role:admin]`, "web": `map[collections:[notes] name:web role:read]`,
		"app": `map[collections:[notes] name:app role:write where:tenant = "a"]`,
	} {
		b.key = secret(name)
		if got := fmt.Sprint(b.ask(200, "GET", "/v1/key", "")); got != want || strings.Contains(got, "0123") {
			t.Errorf("%s: %s", name, got)
		}
	}
	b.key = "unknown"
	b.refused(401, "wrong_key", "GET", "/v1/key", "")
	if got := fmt.Sprint(start(t, nil).ask(200, "GET", "/v1/key", "")); got != `map[name: role:admin]` {
		t.Error(got)
	}
	if got := fmt.Sprint(start(t, &server.Options{ReadOnly: true}).ask(200, "GET", "/v1/key", "")); got != `map[name: role:read]` {
		t.Error(got)
	}
}
