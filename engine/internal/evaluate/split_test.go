package evaluate_test

import (
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

func TestSplit(t *testing.T) {
	like, eq := filter.Like("a", "x%"), filter.Eq("b", 1)
	sayable := func(c filter.Condition, field string) bool {
		return c.Op != filter.OpLike && field != filter.FieldID
	}
	for what, c := range map[string]struct {
		where, in, rest filter.Expr
		named           bool
	}{
		"all of it":          {where: filter.Or(eq, filter.Not(eq)), in: filter.Or(eq, filter.Not(eq)), rest: filter.All()},
		"none of it":         {where: filter.Or(eq, like), in: filter.All(), rest: filter.Or(eq, like)},
		"a part of it":       {where: filter.And(eq, like), in: eq, rest: like},
		"id is the id":       {where: filter.Eq("id", "x"), in: filter.All(), rest: filter.Eq("id", "x")},
		"id is a field here": {where: filter.Eq("id", "x"), in: filter.Eq("id", "x"), rest: filter.All(), named: true},
	} {
		in, rest := evaluate.Split(c.where, c.named, sayable)
		if in.String() != c.in.String() || rest.String() != c.rest.String() {
			t.Errorf("%s: %s and %s, want %s and %s", what, in, rest, c.in, c.rest)
		}
	}
}

func TestMeeting(t *testing.T) {
	b := evaluate.NewBatch[string](false)
	for key, year := range map[string]int64{"old": 1999, "new": 2024} {
		b.Add(key, &db.Document{ID: key, Metadata: db.Metadata{"year": year}})
	}
	if met, err := b.Meeting(filter.Gt("year", 2000)); err != nil || len(met) != 1 || met[0] != "new" {
		t.Errorf("%q, %v", met, err)
	}
}

// Every type has an example, and its example has the type.
func TestTypes(t *testing.T) {
	for _, kind := range evaluate.Types {
		if got := evaluate.TypeOf(evaluate.Example(kind)); got != kind {
			t.Errorf("the example of %s is of type %s", kind, got)
		}
	}
}
