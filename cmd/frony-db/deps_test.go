package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fronyai/frony-db/"

// The direction of imports is the architecture: docs/architecture.md draws it.
// For each package, and all below it, this says which packages it may import, of this
// module and of others.
var allowed = map[string]struct {
	own    []string // packages of this module, without the module's name
	others []string // nil: any; empty: none
}{
	"internal":            {own: []string{"internal"}, others: []string{}},
	"internal/textform":   {others: []string{"golang.org/x/text/unicode/norm"}},
	"hnsw":                {own: []string{"hnsw", "internal"}, others: []string{}},
	"quant":               {own: []string{"quant", "internal"}, others: []string{"golang.org/x/sys/cpu"}},
	"internal/nfc":        {others: []string{"golang.org/x/text/unicode/norm"}},
	"db/filter":           {own: []string{"internal/nfc"}, others: []string{}},
	"db":                  {own: []string{"db", "embedder", "hnsw", "internal", "quant"}},
	"db/internal/archive": {own: []string{"db/internal/reason"}},
	"db/internal/gate":    {others: []string{}},
	"db/internal/reason":  {others: []string{}},
	"db/internal/move":    {own: []string{"db/internal/index", "db/internal/reason", "db/internal/store"}, others: []string{}},
	"db/internal/index": {own: []string{
		"db/chunk", "db/filter", "db/internal/attr", "db/internal/disk", "db/internal/fusion", "db/internal/gate", "db/internal/lexical",
		"db/internal/reason", "db/internal/rows", "db/internal/store", "embedder", "hnsw", "internal", "quant",
	}, others: []string{}},
	"embedder":                    {own: nil, others: []string{}},
	"embedder/profile":            {own: []string{"embedder"}},
	"embedder/builtin":            {own: []string{"embedder", "internal/textform"}},
	"embedder/transformer":        {own: []string{"embedder", "embedder/profile"}},
	"embedder/transformer/engine": {},
	"embedder/hub":                {own: []string{"embedder"}},
	"embedder/remote":             {own: []string{"embedder", "embedder/profile"}},
	"api":                         {own: []string{"db"}, others: []string{}},
	"engine":                      {own: []string{"db", "embedder"}, others: []string{}},
	"engine/enginetest":           {own: []string{"db", "embedder", "embedder/embeddertest", "engine"}, others: []string{}},
	"engine/opensearch":           {own: []string{"db", "embedder", "engine", "internal"}, others: []string{}},
	"engine/postgres":             {own: []string{"db", "embedder", "engine", "internal"}},
	"server":                      {own: []string{"api", "db", "embedder", "engine", "internal/similar", "internal/textform"}},
	"server/admit":                {own: []string{"server/problem"}},
	"server/compat":               {own: []string{"embedder", "server/problem"}},
	"server/compat/chroma":        {own: []string{"db", "db/filter", "embedder", "engine", "server/keys", "server/problem"}},
	"server/keys":                 {own: []string{"db/filter"}},
	"server/task":                 {own: []string{"api", "server/problem"}, others: []string{}},
	"server/problem":              {own: []string{"api", "db", "engine"}, others: []string{}},
	"client":                      {own: []string{"api", "db", "engine"}},
	"integrations/store":          {own: []string{"client", "db"}, others: []string{}},
	"integrations/storetest":      {own: nil, others: []string{}},

	// The parts of the program know nothing of the whole.
	"cmd/frony-db/internal/usage":    {others: []string{}},
	"cmd/frony-db/internal/term":     {},
	"cmd/frony-db/internal/ledger":   {others: []string{}},
	"cmd/frony-db/internal/sample":   {others: []string{}},
	"cmd/frony-db/internal/eval":     {others: []string{}},
	"cmd/frony-db/internal/crash":    {own: []string{"db"}},
	"cmd/frony-db/internal/office":   {others: []string{}},
	"cmd/frony-db/internal/source":   {own: []string{"cmd/frony-db/internal/office", "db", "internal/nfc"}},
	"cmd/frony-db/internal/sink":     {own: []string{"cmd/frony-db/internal/source"}},
	"cmd/frony-db/internal/transfer": {own: []string{"client", "db", "db/filter", "embedder", "engine"}},
	"cmd/frony-db/internal/pipeline": {own: []string{"cmd/frony-db/internal/source"}, others: []string{}},
	"cmd/frony-db/internal/models": {own: []string{
		"cmd/frony-db/internal/usage", "embedder", "embedder/builtin", "embedder/hub", "embedder/profile", "embedder/remote", "embedder/transformer",
	}},
	"cmd/frony-db/internal/importer": {own: []string{
		"cmd/frony-db/internal/ledger", "cmd/frony-db/internal/models", "cmd/frony-db/internal/pipeline",
		"cmd/frony-db/internal/source", "cmd/frony-db/internal/term", "cmd/frony-db/internal/usage",
		"client", "db", "embedder", "embedder/builtin", "engine",
	}},
}

// never has the packages that a folder must not import.
var never = map[string][]string{
	"internal":  {"os", "net", "context", "log/slog", "unsafe"},
	"hnsw":      {"os", "net", "context", "log/slog", "unsafe"},
	"quant":     {"os", "net", "context", "log/slog"},
	"db/filter": {"os", "net", "context", "log/slog", "unsafe"},
}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); rel != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || rel == "bench") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		n++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if why := forbidden(filepath.ToSlash(filepath.Dir(rel)), name); why != "" {
				t.Errorf("%s imports %s: %s", rel, name, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 100 {
		t.Errorf("only %d files were looked at", n)
	}
}

// forbidden returns why a package must not import another, or an empty string.
func forbidden(pkg, name string) string {
	if strings.HasPrefix(name, "github.com/dgraph-io/badger") && pkg != "db/internal/store" {
		return "only db/internal/store speaks to Badger"
	}
	if why := forbiddenTraces(pkg, name); why != "" {
		return why
	}
	if name == "unsafe" && !strings.HasSuffix(pkg, "kernel") && !mapsFiles[pkg] {
		return "only kernels are unsafe"
	}
	for dir, list := range never {
		if within(pkg, dir) {
			if slices.Contains(list, name) {
				return dir + " never does"
			}
		}
	}
	rule := ""
	for dir := range allowed {
		if within(pkg, dir) && len(dir) > len(rule) {
			rule = dir
		}
	}
	if rule == "" {
		return ""
	}
	a := allowed[rule]
	if own, ok := strings.CutPrefix(name, module); ok {
		if within(own, rule) {
			return ""
		}
		for _, dir := range a.own {
			// Package embedder does not include the models below it. Internal packages are
			// only for their neighbours.
			inside := within(own, dir) && dir != "embedder" && (!strings.Contains(own, "/internal/") || within(pkg, dir))
			if own == dir || inside {
				return ""
			}
		}
		return rule + " may not know it"
	}
	if !strings.Contains(strings.Split(name, "/")[0], ".") || a.others == nil {
		return ""
	}
	if slices.Contains(a.others, name) {
		return ""
	}
	return rule + " does with the standard library"
}

// forbiddenTraces keeps OpenTelemetry out of the library: the server only uses its
// interface, and the program chooses where spans go.
func forbiddenTraces(pkg, name string) string {
	switch {
	case !strings.HasPrefix(name, "go.opentelemetry.io/"), within(pkg, "cmd/frony-db"):
		return ""
	case !within(pkg, "server"):
		return "only the server makes spans"
	case within(name, "go.opentelemetry.io/otel/sdk"), within(name, "go.opentelemetry.io/otel/exporters"), within(name, "go.opentelemetry.io/proto"):
		return "where spans go is decided by the program"
	}
	return ""
}

func within(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

// mapsFiles are packages that access mapped files, or weights in the binary, as numbers.
var mapsFiles = map[string]bool{
	"embedder/transformer":         true,
	"embedder/transformer/weights": true,
	"embedder/builtin":             true,
}

func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		pkg, name string
		ok        bool
	}{
		{"hnsw", module + "quant", false},
		{"hnsw", "os", false},
		{"hnsw", "sync", true},
		{"hnsw", module + "internal/epoch", true},
		{"internal/epoch", module + "hnsw", false},
		{"quant", module + "hnsw", false},
		{"quant/internal/kernel", "unsafe", true},
		{"db", "unsafe", false},
		{"db", module + "hnsw", true},
		{"db", module + "embedder", true},
		{"db", module + "embedder/builtin", false},
		{"db", "github.com/dgraph-io/badger/v4", false},
		{"db/internal/store", "github.com/dgraph-io/badger/v4", true},
		{"server", module + "hnsw", false},
		{"server", module + "db", true},
		{"server", module + "db/internal/store", false},
		{"server/compat", module + "server", false},
		{"server/admit", module + "db", false},
		{"api", module + "server", false},
		{"api", "github.com/danielgtaylor/huma/v2", false},
		{"client", module + "api", true},
		{"client", module + "server", false},
		{"cmd/frony-db/internal/models", module + "db", false},
		{"cmd/frony-db/internal/importer", module + "cmd/frony-db/internal/models", true},
		{"cmd/frony-db/internal/importer", module + "server", false},
		{"cmd/frony-db/internal/source", module + "cmd/frony-db/internal/sink", false},
		{"embedder/builtin", module + "db", false},
		{"db/filter", "github.com/google/uuid", false},
		{"db", "go.opentelemetry.io/otel/trace", false},
		{"embedder/remote", "go.opentelemetry.io/otel/trace", false},
		{"server", "go.opentelemetry.io/otel/trace", true},
		{"server", "go.opentelemetry.io/otel/sdk/trace", false},
		{"cmd/frony-db", "go.opentelemetry.io/otel/sdk/trace", true},
	} {
		if why := forbidden(c.pkg, c.name); (why == "") != c.ok {
			t.Errorf("%s imports %s: %q", c.pkg, c.name, why)
		}
	}
}
