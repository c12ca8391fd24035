package server_test

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
	"github.com/fronyai/frony-db/server/keys"
)

const chromaAt = "/api/v2/tenants/default_tenant/databases/default_database/collections"

func startChroma(t *testing.T) *bench {
	t.Helper()
	return start(t, &server.Options{Compat: []string{server.CompatChroma}})
}

// made creates a collection through Chroma's API and returns its path.
func (b *bench) made(body string) string {
	b.Helper()
	id, _ := b.ask(200, "POST", chromaAt, body)["id"].(string)
	if len(id) != 36 {
		b.Fatalf("the id %q is no UUID", id)
	}
	return chromaAt + "/" + id
}

// wrong sends a request that Chroma refuses with this name.
func (b *bench) wrong(status int, name, method, path, body, says string, header ...string) {
	b.Helper()
	v := b.ask(status, method, path, body, header...)
	if message, _ := v["message"].(string); v["error"] != name || !strings.Contains(message, says) {
		b.Errorf("%s %s %.200s: %v, want %s with %q", method, path, body, v, name, says)
	}
}

// raw sends a request whose answer is no object.
func (b *bench) raw(method, path, body string) string {
	b.Helper()
	status, got, _ := b.do(method, path, body)
	if status >= 300 {
		b.Fatalf("%s %s: %d %s", method, path, status, got)
	}
	return strings.TrimSpace(got)
}

func TestChromaIsOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.refused(404, "no_route", "GET", "/api/v2/heartbeat", "")
	if _, err := server.New(engine.Local(b.db), &server.Options{Compat: []string{"chrome"}}); err == nil || !strings.Contains(err.Error(), `"chrome"`) {
		t.Error(err)
	}
}

func TestChromaDocuments(t *testing.T) {
	t.Parallel()
	b := startChroma(t)
	at := b.made(`{"name":"notes","metadata":{"n":1,"x":1.0,"none":null}}`)
	if got := b.raw("GET", at+"/count", ""); got != "0" {
		t.Error(got)
	}
	b.ask(201, "POST", at+"/add", `{"ids":["b","a","c"],"embeddings":[[3,4,0],[1,0,0],[0,0,0]],"documents":["서울의 봄",null,""],
		"metadatas":[{"lang":"ko","year":2024,"score":2.0,"tags":["x","y"]},{"lang":"en"},null],"uris":["file:b",null,null]}`)
	info := b.ask(200, "GET", chromaAt+"/notes", "")
	if got := encode(t, []any{info["dimension"], info["metadata"], info["tenant"]}); got != `[3,{"n":1,"x":1.0},"default_tenant"]` {
		t.Error(got)
	}
	all := `{"include":["documents","metadatas","embeddings","uris"]`
	got := b.ask(200, "POST", at+"/get", all+`,"ids":["c","b","missing"]}`)
	want := `{"documents":["","서울의 봄"],"embeddings":[[0,0,0],[3,4,0]],"ids":["c","b"],"include":["documents","metadatas","embeddings","uris"],` +
		`"metadatas":[null,{"lang":"ko","score":2.0,"tags":["x","y"],"year":2024}],"uris":[null,"file:b"]}`
	if encode(t, got) != want {
		t.Errorf("%s\nwant %s", encode(t, got), want)
	}

	// Adding passes over ids that exist; updating over those that don't, and null deletes.
	b.ask(201, "POST", at+"/add", `{"ids":["b","d"],"embeddings":[[1,1,1],[0,2,0]],"documents":["other","new"]}`)
	b.ask(200, "POST", at+"/update", `{"ids":["b","nobody"],"metadatas":[{"year":null,"lang":"kr"},{"a":1}]}`)
	b.ask(200, "POST", at+"/upsert", `{"ids":["a","e"],"embeddings":[[0,0,5],[0,1,0]],"documents":["나","다"],"metadatas":[{"k":true},{"k":false}]}`)
	got = b.ask(200, "POST", at+"/get", all+`}`)
	want = `[["a","b","c","d","e"],["나","서울의 봄","","new","다"],[{"k":true,"lang":"en"},{"lang":"kr","score":2.0,"tags":["x","y"]},null,null,{"k":false}],` +
		`[[0,0,5],[3,4,0],[0,0,0],[0,2,0],[0,1,0]]]`
	if s := encode(t, []any{got["ids"], got["documents"], got["metadatas"], got["embeddings"]}); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}

	for _, x := range []struct{ body, want string }{
		{`{"limit":2,"offset":1}`, `["b","c"]`},
		{`{"limit":0}`, `[]`},
		{`{"ids":["e","a","b"],"limit":1,"offset":1}`, `["a"]`},
		{`{"ids":[]}`, `[]`},
		{`{"where":{"k":true}}`, `["a"]`},
		{`{"where":{"k":{"$ne":true}}}`, `["b","c","d","e"]`},
		{`{"where":{"lang":{"$in":["en","kr"]}}}`, `["a","b"]`},
		{`{"where":{"lang":{"$nin":["en","kr"]}}}`, `["c","d","e"]`},
		{`{"where":{"score":{"$gte":2}}}`, `["b"]`},
		{`{"where":{"tags":{"$contains":"x"}}}`, `["b"]`},
		{`{"where":{"$or":[{"k":false},{"score":2}]}}`, `["b","e"]`},
		{`{"where":{"$and":[{"k":true},{"lang":"en"}]}}`, `["a"]`},
		{`{"where_document":{"$contains":"봄"}}`, `["b"]`},
		{`{"where_document":{"$not_contains":"봄"}}`, `["a","c","d","e"]`},
		{`{"where_document":{"$regex":"^[나다]$"},"limit":1}`, `["a"]`},
		{`{"where_document":{"$and":[{"$not_regex":"^[나다]$"},{"$or":[{"$contains":"봄"},{"$contains":"new"}]}]},"offset":1}`, `["d"]`},
	} {
		if got := encode(t, b.ask(200, "POST", at+"/get", x.body)["ids"]); got != x.want {
			t.Errorf("%s: %s, want %s", x.body, got, x.want)
		}
	}
	for _, x := range []struct{ body, want string }{
		{`{"where":{"k":true},"limit":0}`, "0"},
		{`{"where_document":{"$contains":"new"}}`, "1"},
		{`{"where":{"k":{"$in":[true,false]}},"limit":1}`, "1"},
		{`{"ids":["e","nobody"],"where_document":{"$contains":"다"}}`, "1"},
	} {
		if got := encode(t, b.ask(200, "POST", at+"/delete", x.body)["deleted"]); got != x.want {
			t.Errorf("%s: %s, want %s", x.body, got, x.want)
		}
	}
	if got := b.raw("GET", at+"/count", ""); got != "2" {
		t.Error(got)
	}
}

func TestChromaRefusals(t *testing.T) {
	t.Parallel()
	b := startChroma(t)
	at := b.made(`{"name":"notes"}`)
	b.ask(201, "POST", at+"/add", `{"ids":["a"],"embeddings":[[1,0,0]]}`)
	for _, x := range []struct{ action, body, says string }{
		{"add", `{"ids":[]}`, "non-empty"},
		{"add", `{"ids":["x","x"],"embeddings":[[1,2,3],[1,2,3]]}`, "unique"},
		{"add", `{"ids":["x"],"embeddings":[[1,2]]}`, "dimension of 3, got 2"},
		{"add", `{"ids":["x"],"embeddings":[[1,2,3],[1,2,3]]}`, "2 embeddings for 1 ids"},
		{"add", `{"ids":["x"],"embeddings":["AAAA"]}`, "float32"},
		{"add", `{"ids":["x"],"embeddings":["AADAfwAAAAAAAAAA"]}`, "finite"},
		{"add", `{"ids":["x"],"documents":["text alone"]}`, "no embedding"},
		{"add", `{"ids":["x"],"embeddings":[[1,2,3]],"metadatas":[{"a":{"b":1}}]}`, "object"},
		{"add", `{"ids":["x"],"embeddings":[[1,2,3]],"metadatas":[{"chroma:norm":1}]}`, "reserved"},
		{"add", `{"ids":["x"],"embeddings":[[1,2,3]],"metadatas":[{"a":[]}]}`, "empty list"},
		{"add", `{`, "EOF"},
		{"get", `{"where":{"a":1,"b":2}}`, "exactly one"},
		{"get", `{"where":{"a":{"$near":1}}}`, "$near"},
		{"get", `{"where":{"$not":[]}}`, "$not"},
		{"get", `{"where":{"a":{"$in":[]}}}`, "list"},
		{"get", `{"where":{"a":null}}`, "not a string"},
		{"get", `{"where":` + strings.Repeat(`{"$and":[`, 40) + `{"a":1}` + strings.Repeat(`]}`, 40) + `}`, "deep"},
		{"get", `{"where_document":{"$regex":"("}}`, "missing closing"},
		{"get", `{"where_document":{"$contains":2}}`, "text"},
		{"get", `{"include":["everything"]}`, "everything"},
		{"get", `{"limit":-1}`, "less than 0"},
		{"delete", `{}`, "You must provide"},
		{"delete", `{"where":{}}`, "You must provide"},
		{"query", `{"query_embeddings":[[1,2]]}`, "dimension of 3"},
		{"query", `{"query_embeddings":[]}`, "nothing to search"},
		{"query", `{"query_embeddings":[[1,2,3]],"n_results":0}`, "cannot be negative"},
		{"query", `{"query_embeddings":[[1,2,3]],"ids":["gone"]}`, "Error finding id"},
		{"query", `{"query_texts":["a"]}`, "not those of the server's model"},
	} {
		b.wrong(400, "InvalidArgumentError", "POST", at+"/"+x.action, x.body, x.says)
	}
	b.wrong(400, "InvalidArgumentError", "POST", chromaAt, `{"name":"a b"}`, "Expected a name")
	b.wrong(400, "InvalidArgumentError", "POST", chromaAt, `{"name":"abc","metadata":{"hnsw:space":"l3"}}`, "l3")
	b.wrong(400, "InvalidArgumentError", "PUT", at, `{"new_configuration":{"hnsw":{"space":"ip"}}}`, "can't be changed")
	b.wrong(409, "UniqueConstraintError", "POST", chromaAt, `{"name":"notes"}`, "already exists")
	b.wrong(404, "NotFoundError", "GET", chromaAt+"/none", "", "Collection [none] does not exist")
	b.wrong(404, "NotFoundError", "GET", "/api/v2/tenants/other/databases/default_database/collections", "", "Tenant [other]")
	b.wrong(403, "AuthorizationError", "POST", "/api/v2/reset", "", "--compat chroma-reset")
	b.wrong(501, "InternalError", "POST", at+"/fork", `{"new_name":"fork"}`, "not offered")
	many := strings.Repeat(`"x",`, 5000) + `"x"`
	b.wrong(413, "BatchSizeExceededError", "POST", at+"/add", `{"ids":[`+many+`]}`, "at most 5000")
}

// The distances, and the order by them, are those of a comparison with all documents,
// whatever the lengths of the embeddings.
func TestChromaDistances(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	b := startChroma(t)
	const docs, dims = 120, 8
	for _, space := range []string{"l2", "ip", "cosine"} {
		for _, lengths := range []string{"unit", "half precision", "any"} {
			at := b.made(fmt.Sprintf(`{"name":%q,"configuration":{"hnsw":{"space":%q}}}`, space+"-"+lengths[:3], space))
			vectors := make([][]float32, docs)
			ids, coded, texts, metadatas := make([]string, docs), make([]string, docs), make([]string, docs), make([]map[string]int, docs)
			for i := range vectors {
				scale := 1.0
				switch lengths {
				case "half precision":
					scale += (rng.Float64() - 0.5) / 500
				case "any":
					scale = math.Exp(3 * rng.NormFloat64())
				}
				vectors[i] = ofLength(rng, dims, scale)
				if lengths == "any" && i == 7 {
					vectors[i] = make([]float32, dims)
				}
				ids[i], coded[i], texts[i], metadatas[i] = fmt.Sprintf("%03d", i), inBase64(vectors[i]), []string{"even", "odd"}[i%2], map[string]int{"third": i % 3}
			}
			b.ask(201, "POST", at+"/add", encode(t, map[string]any{"ids": ids, "embeddings": coded, "documents": texts, "metadatas": metadatas}))
			queries := [][]float32{ofLength(rng, dims, 1), ofLength(rng, dims, 3), make([]float32, dims)}
			for _, filter := range []string{``, `,"where":{"third":1}`, `,"where_document":{"$contains":"odd"}`, `,"ids":["003","004","007","118"]`} {
				got := b.ask(200, "POST", at+"/query", fmt.Sprintf(`{"query_embeddings":%s,"n_results":5,"include":["distances"]%s}`, encode(t, queries), filter))
				for q := range queries {
					want := nearestOf(queries[q], vectors, space, func(i int) bool {
						switch {
						case strings.Contains(filter, "third"):
							return i%3 == 1
						case strings.Contains(filter, "odd"):
							return i%2 == 1
						case strings.Contains(filter, "ids"):
							return i == 3 || i == 4 || i == 7 || i == 118
						}
						return true
					})
					found := b.list(b.list(got["distances"])[q])
					if len(found) != min(5, len(want)) {
						t.Fatalf("%s, %s%s: %d results, want %d", space, lengths, filter, len(found), min(5, len(want)))
					}
					for i := range found {
						d, err := found[i].(json.Number).Float64()
						if err != nil || math.Abs(d-want[i]) > 1e-4*(1+math.Abs(want[i])) {
							t.Fatalf("%s, lengths %s%s, query %d: distance %d is %v, want %v", space, lengths, filter, q, i, found[i], want[i])
						}
					}
				}
			}
		}
	}
}

func ofLength(rng *rand.Rand, dims int, length float64) []float32 {
	x, sum := make([]float64, dims), 0.0
	for i := range x {
		x[i] = rng.NormFloat64()
		sum += x[i] * x[i]
	}
	v := make([]float32, dims)
	for i := range x {
		v[i] = float32(x[i] * length / math.Sqrt(sum))
	}
	return v
}

func inBase64(v []float32) string {
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// nearestOf are the distances from q as Chroma documents them, the least first.
func nearestOf(q []float32, vectors [][]float32, space string, chosen func(int) bool) (out []float64) {
	for i, v := range vectors {
		if !chosen(i) {
			continue
		}
		var l2, ip, qq, vv float64
		for j := range v {
			a, c := float64(q[j]), float64(v[j])
			l2, ip, qq, vv = l2+(a-c)*(a-c), ip+a*c, qq+a*a, vv+c*c
		}
		d := l2
		switch space {
		case "ip":
			d = 1 - ip
		case "cosine":
			d = 1 - ip/(math.Sqrt(qq*vv)+1e-30)
		}
		out = append(out, d)
	}
	slices.SortFunc(out, cmp.Compare)
	return out
}

// What is too large for one transaction is written in several.
func TestChromaLargeBatch(t *testing.T) {
	t.Parallel()
	b := startChroma(t)
	at := b.made(`{"name":"notes"}`)
	rng := rand.New(rand.NewPCG(1, 0))
	ids, coded := make([]string, 3000), make([]string, 3000)
	for i := range ids {
		ids[i], coded[i] = fmt.Sprint(i), inBase64(ofLength(rng, 768, 1))
	}
	b.ask(201, "POST", at+"/add", encode(t, map[string]any{"ids": ids, "embeddings": coded}))
	if got := b.raw("GET", at+"/count", ""); got != "3000" {
		t.Error(got)
	}
}

// A collection to which documents are added without embeddings is the model's.
func TestChromaEmbeds(t *testing.T) {
	t.Parallel()
	b := startChroma(t)
	at := b.made(`{"name":"notes","configuration":{"hnsw":{"space":"cosine"}}}`)
	b.ask(201, "POST", at+"/add", `{"ids":["a","b"],"documents":["서울의 봄은 짧다","winter in Busan"]}`)
	got := b.ask(200, "POST", at+"/query", `{"query_texts":["winter in Busan"],"n_results":1,"include":["documents"]}`)
	if s := encode(t, got["documents"]); s != `[["winter in Busan"]]` {
		t.Error(s)
	}
	b.ask(200, "POST", at+"/update", `{"ids":["a","b"],"documents":["가을 바람",null],"metadatas":[null,{"k":1}]}`)
	if s := encode(t, b.ask(200, "POST", notes+"/search", `{"text":"가을 바람","k":1,"mode":"dense"}`)["matches"]); !strings.Contains(s, `"id":"a"`) {
		t.Error(s)
	}
	if s := encode(t, b.ask(200, "GET", notes+"/documents/b", "")); !strings.Contains(s, `"metadata":{"k":1}`) || !strings.Contains(s, "winter") {
		t.Error(s)
	}
	b.wrong(400, "InvalidArgumentError", "POST", at+"/upsert", `{"ids":["c"],"metadatas":[{"k":1}]}`, "neither a text nor an embedding")
}

func TestChromaNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var second string
	const apart = "/api/v2/tenants/acme/databases/main/collections"
	o := func() *server.Options { return &server.Options{Compat: []string{server.CompatChromaReset}} }
	t.Run("made", func(t *testing.T) {
		b := startIn(t, dir, embeddertest.New(384, 1), o())
		second = makeNames(t, b, apart)
	})

	// All of it is in the store.
	b := startIn(t, dir, embeddertest.New(384, 1), o())
	if got := b.chromaNames(chromaAt) + b.chromaNames(apart); got != "[{notes} {renamed} {메모}][{notes}]" {
		t.Error(got)
	}
	renamed := b.ask(200, "GET", chromaAt+"/renamed", "")
	if got := encode(t, []any{renamed["metadata"], renamed["dimension"]}); got != `[{"n":9007199254740993},3]` {
		t.Error(got)
	}
	if got := encode(t, b.ask(200, "POST", second+"/get", `{}`)["ids"]); got != `["b"]` {
		t.Error(got)
	}

	b.ask(200, "DELETE", "/api/v2/tenants/acme/databases/main", "")
	b.refused(404, "no_collection", "GET", "/v1/collections/acme.main.notes", "")
	if got := b.raw("POST", "/api/v2/reset", ""); got != "true" {
		t.Error(got)
	}
	if got := b.chromaNames(chromaAt); got != "[{메모}]" {
		t.Error(got) // reset leaves what was not made through Chroma
	}
}

// chromaNames are the names of a list of collections.
func (b *bench) chromaNames(list string) string {
	b.Helper()
	var all []struct{ Name string }
	if err := json.Unmarshal([]byte(b.raw("GET", list, "")), &all); err != nil {
		b.Fatal(err)
	}
	return fmt.Sprint(all)
}

// makeNames makes, drops and renames collections, and returns the path of the renamed one.
func makeNames(t *testing.T, b *bench, apart string) (renamed string) {
	t.Helper()
	b.ask(200, "PUT", "/v1/collections/메모/documents?create=true", `{"documents":[{"id":"1","text":"서울의 봄"}]}`)
	// A collection of the database is one of Chroma's.
	if got := b.chromaNames(chromaAt); got != "[{메모}]" {
		t.Error(got)
	}
	memo := b.ask(200, "GET", chromaAt+"/메모", "")
	if got := encode(t, b.ask(200, "POST", fmt.Sprintf("%s/%s/get", chromaAt, memo["id"]), `{}`)["documents"]); got != `["서울의 봄"]` {
		t.Error(got)
	}

	// A new collection of an old name is another; a renamed one is the same.
	first := b.made(`{"name":"notes"}`)
	b.ask(201, "POST", first+"/add", `{"ids":["a"],"embeddings":[[1,0]]}`)
	b.ask(200, "DELETE", chromaAt+"/notes", "")
	second := b.made(`{"name":"notes"}`)
	b.wrong(404, "NotFoundError", "POST", first+"/get", `{}`, "does not exist")
	b.ask(201, "POST", second+"/add", `{"ids":["b"],"embeddings":[[1,0,0]]}`)
	b.ask(200, "PUT", second, `{"new_name":"renamed","new_metadata":{"n":9007199254740993}}`)
	third := b.made(`{"name":"notes","get_or_create":true}`)
	b.ask(201, "POST", third+"/add", `{"ids":["c"],"embeddings":[[1,0,0,0]]}`)

	// Tenants and databases are apart.
	b.ask(201, "POST", "/api/v2/tenants", `{"name":"acme"}`)
	b.ask(201, "POST", "/api/v2/tenants/acme/databases", `{"name":"main"}`)
	b.wrong(409, "UniqueConstraintError", "POST", "/api/v2/tenants/acme/databases", `{"name":"main"}`, "main")
	there, _ := b.ask(200, "POST", apart, `{"name":"notes"}`)["id"].(string)
	b.ask(201, "POST", apart+"/"+there+"/add", `{"ids":["d"],"embeddings":[[1,0,0,0,0]]}`)
	b.wrong(404, "NotFoundError", "GET", chromaAt+"/"+there, "", "does not exist")
	b.ask(200, "GET", apart+"/by-id/"+there, "")
	b.ask(200, "GET", "/v1/collections/acme.main.notes", "")
	return second
}

func TestChromaKeys(t *testing.T) {
	t.Parallel()
	var lines []string
	secret := map[string]string{}
	for name, k := range map[string]struct {
		role keys.Role
		only []string
	}{"admin": {keys.Admin, nil}, "reader": {keys.Read, nil}, "writer": {keys.Write, []string{"notes"}}} {
		secret[name] = keys.Secret()
		key, err := keys.New(name, k.role, k.only, secret[name])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, key.String())
	}
	set, err := keys.Parse(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, &server.Options{Compat: []string{server.CompatChroma}, Keys: set})
	b.ask(200, "GET", "/api/v2/heartbeat", "")
	b.wrong(401, "AuthError", "GET", chromaAt, "", "no key")
	as := func(name string) []string { return []string{"X-Chroma-Token", secret[name]} }
	id := func(name string) string {
		return fmt.Sprintf("%s/%s", chromaAt, b.ask(200, "POST", chromaAt, fmt.Sprintf(`{"name":%q}`, name), as("admin")...)["id"])
	}
	notes, other := id("notes"), id("other")
	one := `{"ids":["a"],"embeddings":[[1,0]]}`
	b.ask(201, "POST", notes+"/add", one, as("writer")...) // makes the collection in the database, too
	b.ask(201, "POST", other+"/add", one, as("admin")...)
	b.wrong(403, "AuthorizationError", "POST", other+"/get", `{}`, "not for this collection", as("writer")...)
	b.wrong(403, "AuthorizationError", "POST", notes+"/add", one, "role", as("reader")...)
	b.wrong(403, "AuthorizationError", "DELETE", notes, "", "role", as("writer")...)
	b.wrong(403, "AuthorizationError", "POST", chromaAt, `{"name":"new"}`, "role", as("writer")...)
	status, got, _ := b.do("GET", chromaAt, "", as("writer")...)
	if status != 200 || !strings.Contains(got, `"notes"`) || strings.Contains(got, `"other"`) {
		t.Error(status, got)
	}
}

// Whatever a request says, it is answered, and never with a fault of the server.
func FuzzChroma(f *testing.F) {
	actions := []string{"add", "update", "upsert", "delete", "get", "query", "", "collections"}
	for action, bodies := range [][]string{
		{`{"ids":["a"],"embeddings":[[1,2,3]],"documents":["가"],"metadatas":[{"a":1}]}`, `{"ids":["b"],"embeddings":["AAAAAAAAAAAAAAAA"]}`},
		{`{"ids":["a"],"metadatas":[{"a":null}]}`},
		{`{"ids":["a"],"embeddings":[null],"uris":["x"]}`, `{"ids":["\u0000"],"embeddings":[[1e38,1e38,1e38]]}`},
		{`{"where":{"a":{"$gt":1e400}}}`, `{"where_document":{"$regex":"a*"},"limit":1}`},
		{`{"ids":["a"],"where":{"":{"$in":[1,"a",true]}}}`, `{"offset":9223372036854775807,"limit":9223372036854775807}`},
		{`{"query_embeddings":[[0,0,0],[1,2,3]],"n_results":9223372036854775807}`, `{"query_embeddings":[null]}`},
		{`{"new_name":"abc","new_metadata":{"a":[1e999]},"new_configuration":{"hnsw":1}}`},
		{`{"name":"abc","metadata":{"hnsw:space":null},"schema":{"a":[{}]},"get_or_create":true}`},
	} {
		for _, body := range bodies {
			f.Add(uint8(action), body)
		}
	}
	d, err := db.Open(f.TempDir(), nil)
	if err != nil {
		f.Fatal(err)
	}
	s, err := server.New(engine.Local(d), &server.Options{Compat: []string{server.CompatChroma}})
	if err == nil {
		err = s.Warm(f.Context())
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := errors.Join(s.Close(), d.Close()); err != nil {
			f.Error(err)
		}
	})
	do := func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Host = "localhost"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	_, got := do("POST", chromaAt, `{"name":"notes"}`)
	var info struct{ ID string }
	if err := json.Unmarshal([]byte(got), &info); err != nil {
		f.Fatal(err, got)
	}
	at := chromaAt + "/" + info.ID
	if status, got := do("POST", at+"/add", `{"ids":["a","b"],"embeddings":[[1,2,3],[0,1,0]],"documents":["가","나"],"metadatas":[{"a":1},null]}`); status != 201 {
		f.Fatal(status, got)
	}
	f.Fuzz(func(t *testing.T, action uint8, body string) {
		method, path := "POST", at+"/"+actions[int(action)%len(actions)]
		switch actions[int(action)%len(actions)] {
		case "":
			method, path = "PUT", at
		case "collections":
			path = chromaAt
		}
		if status, got := do(method, path, body); status >= 500 || !json.Valid([]byte(got)) {
			t.Fatalf("%s %s %q: %d %s", method, path, body, status, got)
		}
	})
}

// A schema says what a configuration would.
func TestChromaSchema(t *testing.T) {
	t.Parallel()
	b := startChroma(t)
	schema := func(config string) string {
		return `{"keys":{"#embedding":{"float_list":{"vector_index":{"enabled":true,"config":` + config + `}}}}}`
	}
	for name, c := range map[string]struct{ body, space, function string }{
		"schema":        {`"schema":` + schema(`{"space":"cosine","embedding_function":{"type":"known","name":"x"}}`), "cosine", `{"name":"x","type":"known"}`},
		"configuration": {`"configuration":{"hnsw":{"space":"ip"}},"schema":` + schema(`{"space":"cosine"}`), "ip", "null"},
		"neither":       {`"schema":` + schema(`{"hnsw":{"ef_search":7},"embedding_function":{"type":"legacy"}}`), "l2", `{"type":"legacy"}`},
		"odd":           {`"schema":{"keys":{"#embedding":[1]}}`, "l2", "null"},
	} {
		b.made(`{"name":"` + name + `",` + c.body + `}`)
		info, _ := b.ask(200, "GET", chromaAt+"/"+name, "")["configuration_json"].(map[string]any)
		index, _ := info["hnsw"].(map[string]any)
		if index["space"] != c.space || encode(t, info["embedding_function"]) != c.function {
			t.Errorf("%s: %v", name, info)
		}
	}
	b.wrong(400, "InvalidArgumentError", "POST", chromaAt, `{"name":"bad","configuration":{"hnsw":{"ef_construction":-1}}}`, "ef_construction")
	b.wrong(400, "InvalidArgumentError", "POST", chromaAt, `{"name":"bad","configuration":{"spann":{"ef_search":"7"}}}`, "ef_search")
	b.wrong(400, "InvalidArgumentError", "PUT", chromaAt+"/schema", `{"new_configuration":{"hnsw":{"ef_search":0}}}`, "ef_search")
}

// Embeddings of any length come back as they were sent if people wrote them, and a
// step of float32 beside that at most if a model did.
func TestChromaEmbeddingsComeBack(t *testing.T) {
	t.Parallel()
	b := startChroma(t)
	at := b.made(`{"name":"short"}`)
	rng := rand.New(rand.NewPCG(3, 4))
	sent := [][]float32{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, {0.1, 0.2, -0.3, 0.4, 0.5, 12345, 1e-7, 0, 1e-3, 31.25}}
	ids := []string{"a", "b", "c"}
	for i := range 20 {
		ids, sent = append(ids, fmt.Sprint("d", i)), append(sent, ofLength(rng, 10, 5))
	}
	b.ask(201, "POST", at+"/add", encode(t, map[string]any{"ids": ids, "embeddings": sent}))
	got, _ := b.ask(200, "POST", at+"/get", encode(t, map[string]any{"ids": ids, "include": []string{"embeddings"}}))["embeddings"].([]any)
	if len(got) != len(sent) {
		t.Fatalf("%d embeddings, want %d", len(got), len(sent))
	}
	for i, row := range got {
		for j, v := range row.([]any) {
			x, err := v.(json.Number).Float64()
			if err != nil {
				t.Fatal(err)
			}
			if want := sent[i][j]; float32(x) != want && (i < 3 || float32(x) != math.Nextafter32(want, float32(x))) {
				t.Errorf("component %d of %s is %v, want %v", j, ids[i], x, want)
			}
		}
	}
}

// A collection that is renamed through /v1 keeps its UUID, its metadata and its space, and
// is known to Chroma by the new name.
func TestChromaRenamedElsewhere(t *testing.T) {
	t.Parallel()
	b := startChroma(t)
	at := b.made(`{"name":"notes","metadata":{"n":1},"configuration":{"hnsw":{"space":"ip"}}}`)
	b.ask(201, "POST", at+"/add", `{"ids":["a"],"embeddings":[[3,4,0]],"documents":["서울의 봄"]}`)
	other := b.made(`{"name":"other"}`)
	b.ask(201, "POST", other+"/add", `{"ids":["a","b"],"embeddings":[[3,4,0],[1,0,0]],"documents":["x","y"]}`)
	b.ask(200, "POST", "/v1/collections/notes/rename", `{"name":"journal"}`)
	b.ask(200, "POST", "/v1/collections/journal/rename", `{"name":"diary"}`)
	if got := b.raw("GET", at+"/count", ""); got != "1" {
		t.Errorf("by its UUID: %s documents", got)
	}
	info := b.ask(200, "GET", chromaAt+"/diary", "")
	if got := encode(t, []any{info["name"], info["metadata"]}); got != `["diary",{"n":1}]` || !strings.HasSuffix(at, info["id"].(string)) {
		t.Errorf("%s: %v", got, info)
	}
	if got := encode(t, b.ask(200, "GET", chromaAt+"/diary", "")["configuration_json"]); !strings.Contains(got, `"ip"`) {
		t.Errorf("configuration %s", got)
	}
	b.wrong(404, "NotFoundError", "GET", chromaAt+"/notes", "", "notes")
	if got := b.raw("GET", chromaAt, ""); strings.Count(got, `"name"`) != 2 {
		t.Errorf("two collections, and Chroma lists %s", got)
	}
	// A name that Chroma gave stays, and so does one that another has.
	b.ask(200, "PUT", at, `{"new_name":"mine"}`)
	b.ask(200, "POST", "/v1/collections/diary/rename", `{"name":"notes"}`)
	b.ask(200, "GET", chromaAt+"/mine", "")
	b.ask(200, "POST", "/v1/collections/other/rename", `{"name":"mine"}`)
	if got := b.raw("GET", other+"/count", ""); got != "2" {
		t.Errorf("the other: %s documents", got)
	}
	b.ask(200, "GET", chromaAt+"/other", "")
}
