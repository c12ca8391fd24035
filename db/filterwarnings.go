package db

import (
	"context"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
)

// FilterWarnings says what in a filter is probably a mistake, since no document can
// meet it: a field that no document of the collection has, a value of a type that the
// field never has, a range of times over strings that only look like times. It also says
// which of fields no document has. A search has them in its Trace.
func (c *Collection) FilterWarnings(_ context.Context, where filter.Expr, fields ...string) (warnings []string, err error) {
	err = c.read("check filter", "", func(v *version, _ *index.Reader) error {
		if err := c.checkFilter(where); err != nil {
			return err
		}
		if c.scope == nil { // a warning would tell of the others' fields
			warnings = append(v.Warnings(where), v.Unknown(fields...)...)
		}
		return nil
	})
	return warnings, err
}
