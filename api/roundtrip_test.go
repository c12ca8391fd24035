package api_test

import (
	stdjson "encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
)

// stays are the exported fields of package db that don't travel, and why.
var stays = map[string]map[string]string{
	"Document":          {"Created": "the database sets it; StoredDocument has it"},
	"Query":             {"Trace": "a pointer of the caller's, which Result fills", "MaxBytes": "a server has its own"},
	"Scan":              {"AfterValues": "a cursor has those of Sort, and nothing without one; see TestSortedCursor"},
	"CollectionOptions": {"Embedder": "the server's", "MustExist": "creating is asked for; a GET describes what exists"},
	"Options":           {"Count": "a function; the server's model counts"},
}

// A trip is the way of a value of package db over the wire and back.
type trip[T any] func(T) (T, error)

// Every exported field of package db's types has a counterpart on the wire, in
// which any value comes back as it was. To add a field to a document or a query,
// add it to package db, and then follow this test.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	t.Run("Document", func(t *testing.T) {
		check(t, func(d db.Document) (db.Document, error) {
			out, err := post(api.FromDocument(&d))
			return out.DB(), err
		})
	})
	t.Run("StoredDocument", func(t *testing.T) {
		checkAs(t, nil, func(d db.Document) (db.Document, error) {
			out, err := answer(api.FromStored(&d))
			return out.DB(), err
		})
	})
	t.Run("Match", func(t *testing.T) {
		check(t, func(m db.Match) (db.Match, error) {
			out, err := answer(api.FromMatch(&m))
			return out.DB(), err
		})
	})
	t.Run("Trace", func(t *testing.T) {
		check(t, func(in db.Trace) (out db.Trace, err error) {
			r, err := answer(api.FromResult(nil, &in))
			r.DB(&out)
			return out, err
		})
	})
	t.Run("Query", func(t *testing.T) {
		check(t, func(q db.Query) (db.Query, error) {
			wire, err := api.FromQuery(&q)
			if err == nil {
				wire, err = post(wire)
			}
			if err != nil {
				return q, err
			}
			return wire.DB(filter.Limits{})
		})
	})
	t.Run("Scan", func(t *testing.T) {
		check(t, func(s db.Scan) (db.Scan, error) {
			s.AfterValues = append(s.AfterValues, nil, nil, nil)[:len(s.Sort)]
			wire := api.FromScan(&s)
			wire, err := query(wire, wire.Values())
			if err != nil {
				return s, err
			}
			return wire.DB(filter.Limits{})
		})
	})
	t.Run("Scan in a body", func(t *testing.T) {
		check(t, func(s db.Scan) (db.Scan, error) {
			s.AfterValues = append(s.AfterValues, nil, nil, nil)[:len(s.Sort)]
			in := api.FromScan(&s)
			wire, err := post(in.Body())
			if err != nil {
				return s, err
			}
			out, err := wire.DB(filter.Limits{})
			if s.Limit == 0 {
				out.Limit = 0 // a default of the server's
			}
			return out, err
		})
	})
	t.Run("Patch", func(t *testing.T) {
		check(t, func(p db.Patch) (db.Patch, error) {
			wire, err := post(api.FromPatch(&p))
			if err != nil {
				return p, err
			}
			return wire.DB()
		})
	})
	t.Run("CollectionOptions", func(t *testing.T) {
		check(t, func(o db.CollectionOptions) (db.CollectionOptions, error) {
			wire, err := post(api.FromOptions("notes", &o))
			return *wire.DB(), err
		})
	})
	t.Run("Options", func(t *testing.T) {
		check(t, func(o chunk.Options) (chunk.Options, error) {
			o.Count = nil
			wire, err := api.FromChunkOptions(o)
			if err == nil {
				wire, err = post(wire)
			}
			return wire.DB(), err
		})
	})
	t.Run("Options of an upload", func(t *testing.T) {
		check(t, func(o chunk.Options) (chunk.Options, error) {
			o.Count = nil
			wire, err := api.FromChunkOptions(o)
			if err != nil {
				return o, err
			}
			out, err := api.ParseChunking(wire.Values())
			if err != nil {
				return o, err
			}
			return out.DB(), nil
		})
	})
	t.Run("Replaced", func(t *testing.T) {
		check(t, func(r db.Replaced) (db.Replaced, error) {
			w, err := answer(api.FromReplaced(r))
			if err != nil {
				return r, err
			}
			return answer(w.DB())
		})
	})
	t.Run("FacetQuery", func(t *testing.T) {
		check(t, func(q db.FacetQuery) (db.FacetQuery, error) {
			wire, err := api.FromFacetQuery(&q)
			if err == nil {
				wire, err = post(wire)
			}
			if err != nil {
				return q, err
			}
			return wire.DB(filter.Limits{})
		})
	})
	t.Run("Facets", func(t *testing.T) {
		check(t, func(f db.Facets) (db.Facets, error) {
			out, err := answer(api.FromFacets(&f))
			return out.DB(), err
		})
	})
	t.Run("MapQuery", func(t *testing.T) {
		check(t, func(q db.MapQuery) (db.MapQuery, error) {
			wire, err := api.FromMapQuery(&q)
			if err == nil {
				wire, err = post(wire)
			}
			if err != nil {
				return q, err
			}
			return wire.DB(filter.Limits{})
		})
	})
	t.Run("FieldInfo", func(t *testing.T) {
		check(t, func(f db.FieldInfo) (db.FieldInfo, error) {
			out, err := answer(api.FromFieldInfo(&f))
			return out.DB(), err
		})
	})
	t.Run("Stats", func(t *testing.T) { check(t, answer[db.Stats]) })
	t.Run("CollectionInfo", func(t *testing.T) { check(t, answer[db.CollectionInfo]) })
}

func check[T any](t *testing.T, to trip[T]) {
	t.Helper()
	checkAs(t, stays[reflect.TypeFor[T]().Name()], to)
}

// checkAs sends random values and compares each of their fields, but for those
// that stay, which must not come back.
func checkAs[T any](t *testing.T, stay map[string]string, to trip[T]) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("FRONYDB_TEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("FRONYDB_TEST_SEED=%d", seed)
	g := generator{t, rand.New(rand.NewPCG(seed, 0))}
	of := reflect.TypeFor[T]()
	for name := range stay {
		if _, ok := of.FieldByName(name); !ok {
			t.Errorf("%s.%s is an exception that does not exist", of, name)
		}
	}
	set, lost := map[string]bool{}, map[string]bool{}
	for range 2000 {
		in := reflect.New(of).Elem()
		for i := range of.NumField() {
			if f := of.Field(i); f.IsExported() && !unmakeable(f.Type) {
				g.fill(in.Field(i))
			}
		}
		if m, ok := reflect.TypeAssert[*db.Match](in.Addr()); ok {
			m.Highlights = g.spans(m.Document.Text)
			if m.Snippet != nil {
				m.Snippet.Highlights = g.spans(m.Snippet.Text)
			}
		}
		got, err := to(in.Interface().(T))
		if err != nil {
			t.Fatalf("%+v: %v", in.Interface(), err)
		}
		out := reflect.ValueOf(got)
		for i := range of.NumField() {
			f := of.Field(i)
			if !f.IsExported() {
				continue
			}
			set[f.Name] = set[f.Name] || !in.Field(i).IsZero()
			if want, have := essence(in.Field(i)), essence(out.Field(i)); !reflect.DeepEqual(want, have) {
				if stay[f.Name] == "" && !lost[f.Name] {
					t.Errorf("%s.%s is %#v, after the trip %#v: give it a counterpart on the wire", of, f.Name, want, have)
				}
				lost[f.Name] = true
			}
		}
	}
	for f := range of.Fields() {
		switch {
		case !f.IsExported():
		case !set[f.Name] && !unmakeable(f.Type):
			t.Errorf("%s.%s was never set", of, f.Name)
		case stay[f.Name] == "" && unmakeable(f.Type):
			t.Errorf("%s.%s can't travel: say why", of, f.Name)
		case stay[f.Name] != "" && !lost[f.Name] && !unmakeable(f.Type):
			t.Errorf("%s.%s travels: it is no longer an exception", of, f.Name)
		}
	}
}

// unmakeable are types that no value is made of: they can't travel.
func unmakeable(t reflect.Type) bool {
	return t.Kind() == reflect.Func || t.Kind() == reflect.Interface && t.NumMethod() > 0 || t == reflect.TypeFor[*db.Trace]()
}

// essence is a field's value in a form in which equal is the same: a filter as
// its text, times in metadata as they are read, and nothing for empty metadata.
func essence(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case nil:
		return nil
	case filter.Expr:
		return x.String()
	case db.Fields:
		if x == 0 {
			return "default"
		}
		return x &^ db.FieldsNone
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano)
	case *time.Time:
		if x == nil {
			return nil
		}
		return x.UTC().Format(time.RFC3339Nano)
	case []string:
		return append([]string{}, x...) // a list without entries is [] on the wire
	case db.Metadata:
		m := map[string]any{}
		for k, v := range x {
			if t, ok := v.(time.Time); ok {
				v = t.Format(time.RFC3339Nano)
			}
			m[k] = v
		}
		return m
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return essence(v.Elem())
	case reflect.Pointer:
		if v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return v.Interface()
		}
		return essence(v.Elem())
	case reflect.Slice: // an empty list is none
		var all []any
		for i := range v.Len() {
			all = append(all, essence(v.Index(i)))
		}
		return all
	case reflect.Struct:
		d := map[string]any{}
		inner := v.Type() == reflect.TypeFor[db.Query]()
		for f, x := range v.Fields() {
			if f.IsExported() && !unmakeable(f.Type) && (!inner || stays["Query"][f.Name] == "") {
				d[f.Name] = essence(x)
			}
		}
		return d
	default:
		return v.Interface()
	}
}

// post sends a body as the client writes it and the server reads it.
func post[T any](in T) (out T, err error) {
	b, err := stdjson.Marshal(in)
	if err == nil {
		err = json.Unmarshal(b, &out, json.RejectUnknownMembers(true))
	}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, b)
	}
	return out, err
}

// answer sends a body as the server writes it and the client reads it.
func answer[T any](in T) (out T, err error) {
	b, err := json.Marshal(in, json.Deterministic(true))
	if err == nil {
		err = stdjson.Unmarshal(b, &out)
	}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, b)
	}
	return out, err
}

// query reads the query of a URL by its tags, as the server does.
func query[T any](_ T, q url.Values) (out T, err error) {
	q, err = url.ParseQuery(q.Encode())
	v := reflect.ValueOf(&out).Elem()
	for i := range v.NumField() {
		text := q.Get(v.Type().Field(i).Tag.Get("query"))
		if text == "" || err != nil {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(text)
		case reflect.Int:
			var n int64
			n, err = strconv.ParseInt(text, 10, 64)
			f.SetInt(n)
		case reflect.Slice:
			f.Set(reflect.ValueOf(strings.Split(text, ",")).Convert(f.Type()))
		default:
			err = fmt.Errorf("a parameter of type %s", f.Type())
		}
	}
	return out, err
}
