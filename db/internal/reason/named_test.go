package reason_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db/internal/reason"
)

var errInvalid = errors.New("invalid")

// Fields have their names in Go, or those that another interface has for them, however the
// error is wrapped; what looks like one in a value stays.
func TestNamed(t *testing.T) {
	t.Parallel()
	one := reason.For(errInvalid, "{EfSearch} is %d, want 0 to %d; the value is %q", -1, 10, "{K} 100%")
	two := reason.For(nil, "{K} is 0")
	for _, c := range []struct {
		err          error
		inGo, others string
	}{
		{one, `invalid: EfSearch is -1, want 0 to 10; the value is "{K} 100%"`, `invalid: --EFSEARCH% is -1, want 0 to 10; the value is "{K} 100%"`},
		{fmt.Errorf("search: %w!", errors.Join(one, two)), "search: " + one.Error() + "\nK is 0!", "search: " + named(one) + "\n--K% is 0!"},
		{reason.Within(two, "{Queries}[%d]", 1), "Queries[1]: K is 0", "--QUERIES%[1]: --K% is 0"},
		{reason.For(errInvalid, "%v", errors.Join(two, two)), "invalid: K is 0\nK is 0", "invalid: --K% is 0\n--K% is 0"},
		{reason.For(nil, "%s is 0", reason.Field("K")), "K is 0", "--K% is 0"},
		{errInvalid, "invalid", "invalid"},
	} {
		if c.err.Error() != c.inGo || named(c.err) != c.others {
			t.Errorf("got  %s and %s\nwant %s and %s", c.err, named(c.err), c.inGo, c.others)
		}
	}
	if !errors.Is(reason.Within(one, "{Queries}"), errInvalid) {
		t.Error("the sentinel is lost")
	}
}

func named(err error) string {
	return reason.Named(err, func(field string) string { return "--" + strings.ToUpper(field) + "%" })
}
