package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db/filter"
)

func (a *app) delete() *cobra.Command {
	var where string
	c := &cobra.Command{
		Use:   "delete [ID...]",
		Short: "Delete documents by their ids or by a filter",
		Example: `  frony-db delete doc-1 doc-2
  frony-db delete --filter 'year < 2010'`,
		RunE: func(c *cobra.Command, ids []string) error {
			if a.from["filter"] != fromFlag {
				where = "" // a filter that was set for searches must not delete
			}
			if (len(ids) > 0) == (where != "") {
				return usage.Errorf("delete needs either ids or a --filter on the command line")
			}
			e, err := parseFilter(where)
			if err != nil {
				return err
			}
			n, warnings, err := a.runDelete(c, ids, e)
			if err == nil || n > 0 {
				err = errors.Join(a.printDeleted(n, warnings), err)
			}
			return err
		},
	}
	c.Flags().StringVarP(&where, "filter", "f", "", `delete the documents that match a condition; TRUE matches all`)
	return c
}

func (a *app) runDelete(c *cobra.Command, ids []string, where filter.Expr) (n int, warnings []string, err error) {
	err = a.writeCollection(c.Context(), func(col collection) (err error) {
		if len(ids) > 0 {
			n, err = col.Delete(c.Context(), ids...)
			return err
		}
		if warnings, err = col.FilterWarnings(c.Context(), where); err == nil {
			n, err = col.DeleteWhere(c.Context(), where)
		}
		return err
	})
	return n, warnings, err
}

func (a *app) printDeleted(n int, warnings []string) error {
	if a.json {
		return a.printJSON(api.Deleted{Deleted: n, Warnings: warnings})
	}
	a.printWarnings(warnings)
	fmt.Fprintf(a.out, "deleted %d\n", n)
	return nil
}
