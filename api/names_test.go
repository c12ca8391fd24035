package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
)

// named are the types whose fields errors may name.
var named = []reflect.Type{
	reflect.TypeFor[db.Query](), reflect.TypeFor[db.Question](), reflect.TypeFor[db.Scan](), reflect.TypeFor[db.FacetQuery](),
	reflect.TypeFor[db.MapQuery](), reflect.TypeFor[db.CollectionOptions](), reflect.TypeFor[db.ReembedOptions](), reflect.TypeFor[chunk.Options](),
}

// onlyInGo are fields that errors name and that have no name on the wire, because a request
// cannot set them.
var onlyInGo = map[string]bool{
	"MaxBytes": true, "Embedder": true, "SyncEvery": true, "CacheBytes": true, "RecallSample": true,
}

var (
	inBraces = regexp.MustCompile(`\{([A-Z]\w*)\}`)
	word     = regexp.MustCompile(`\b[A-Z]\w*\b`)
)

// Whoever sends a request writes no Go: an error of package db names a field so that it can
// be called as on the wire, and the wire has it. The messages are taken from the sources, so
// that none is missed.
func TestErrorsNameFieldsOfTheWire(t *testing.T) {
	t.Parallel()
	wire, inGo := map[string]bool{"cursor": true}, map[string]bool{}
	for _, of := range []reflect.Type{
		reflect.TypeFor[api.Query](), reflect.TypeFor[api.Question](), reflect.TypeFor[api.Scan](), reflect.TypeFor[api.FacetQuery](),
		reflect.TypeFor[api.MapQuery](), reflect.TypeFor[api.NewCollection](), reflect.TypeFor[api.NewTask](), reflect.TypeFor[api.Chunking](),
	} {
		for f := range of.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json")+f.Tag.Get("query"), ",")
			wire[name] = true
		}
	}
	for _, of := range named {
		for f := range of.Fields() {
			inGo[f.Name] = f.IsExported()
		}
	}
	messages := 0
	for _, folder := range []string{"../db", "../db/chunk"} {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for text, at := range texts(file) {
				messages++
				for _, m := range inBraces.FindAllStringSubmatch(text, -1) {
					if name := api.FieldName(m[1]); !onlyInGo[m[1]] && !wire[name] {
						t.Errorf("%s: %q names %s, and the wire has no field %q", set.Position(at), text, m[1], name)
					}
				}
				for _, w := range word.FindAllString(inBraces.ReplaceAllString(text, ""), -1) {
					if inGo[w] && !onlyInGo[w] {
						t.Errorf("%s: %q names the field %s; write {%s}", set.Position(at), text, w, w)
					}
				}
			}
		}
	}
	if messages < 100 {
		t.Errorf("only %d messages were found", messages)
	}
}

// texts are the messages of errors in a file, and where they are.
func texts(file *ast.File) map[string]token.Pos {
	out := map[string]token.Pos{}
	literal := func(e ast.Expr) {
		if b, ok := e.(*ast.BasicLit); ok && b.Kind == token.STRING {
			if s, err := strconv.Unquote(b.Value); err == nil {
				out[s] = b.Pos()
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok {
				switch f.Sel.Name {
				case "For", "Within", "Errorf", "New":
					for _, a := range n.Args {
						literal(a)
					}
				}
			}
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && (k.Name == "Hint" || k.Name == "Input") {
				literal(n.Value)
			}
		}
		return true
	})
	return out
}
