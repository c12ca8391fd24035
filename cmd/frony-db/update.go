package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// updateFlags are the flags of update as the user wrote them.
type updateFlags struct {
	where   string
	set     []string
	unset   []string
	source  string
	expires string
}

func (u *updateFlags) add(f *pflag.FlagSet) {
	f.StringVarP(&u.where, "filter", "f", "", "update the documents that match a condition; TRUE matches all")
	f.StringArrayVar(&u.set, "set", nil, `field to set, as 'lang=ko', 'year=2024', 'tags=["a","b"]'; what is JSON is read as JSON,
and 'year="2024"' is a text; may be repeated`)
	f.StringArrayVar(&u.unset, "unset", nil, "field to delete; may be repeated")
	f.StringVar(&u.source, "source", "", "new source; empty for none")
	f.StringVar(&u.expires, "expires", "", "when the documents expire, as 2030-01-31 or 2030-01-31T09:00:00+09:00; empty for never")
}

func (a *app) update() *cobra.Command {
	var u updateFlags
	c := &cobra.Command{
		Use:   "update [ID...]",
		Short: "Change metadata, source or expiry of documents, by their ids or by a filter",
		Long: `update changes metadata, source or expiry of documents. Their texts stay, and are
not embedded again. So does all metadata that no --set and no --unset names.`,
		Example: `  frony-db update doc-1 doc-2 --set status=read --unset draft
  frony-db update --filter '_source = "a.md"' --source b.md`,
		RunE: func(c *cobra.Command, ids []string) error {
			if a.from["filter"] != fromFlag {
				u.where = "" // a filter that was set for searches must not write
			}
			if (len(ids) > 0) == (u.where != "") {
				return usage.Errorf("update needs either ids or a --filter on the command line")
			}
			e, err := parseFilter(u.where)
			if err != nil {
				return err
			}
			p, err := a.patch(&u)
			if err != nil {
				return err
			}
			return a.runUpdate(c, ids, e, p)
		},
	}
	u.add(c.Flags())
	return c
}

// patch is what the flags ask to change.
func (a *app) patch(u *updateFlags) (p db.Patch, err error) {
	if len(u.set)+len(u.unset) > 0 {
		p.Metadata = db.Metadata{}
	}
	for _, s := range u.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return p, usage.Errorf("--set %q: want NAME=VALUE", s)
		}
		if p.Metadata[name], err = fieldValue(value); err != nil {
			return p, usage.Errorf("--set %q: %w", s, err)
		}
	}
	for _, name := range u.unset {
		if _, ok := p.Metadata[name]; ok {
			return p, usage.Errorf("%q is both in --set and --unset", name)
		}
		p.Metadata[name] = nil
	}
	if a.from["source"] == fromFlag {
		p.Source = &u.source
	}
	if a.from["expires"] == fromFlag {
		p.Expires = new(time.Time)
	}
	if u.expires != "" && p.Expires != nil {
		t, ok := filter.ParseTime(u.expires, nil)
		if !ok {
			return p, usage.Errorf("--expires %q: want a time, as 2030-01-31 or 2030-01-31T09:00:00+09:00", u.expires)
		}
		*p.Expires = t
	}
	if p.Metadata == nil && p.Source == nil && p.Expires == nil {
		return p, usage.Errorf("update changes nothing; use --set, --unset, --source or --expires")
	}
	return p, nil
}

// fieldValue reads a value of metadata: as JSON if it is, else as a text.
func fieldValue(s string) (any, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return s, nil //nolint:nilerr // it is a text
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return s, nil
	}
	if v == nil {
		return nil, errors.New("to delete a field, use --unset")
	}
	return v, nil
}

func (a *app) runUpdate(c *cobra.Command, ids []string, where filter.Expr, p db.Patch) error {
	var out api.Updated
	err := a.writeCollection(c.Context(), func(col collection) (err error) {
		if len(ids) > 0 {
			out.Updated, err = col.UpdateIDs(c.Context(), p, ids...)
			return err
		}
		if out.Warnings, err = col.FilterWarnings(c.Context(), where); err == nil {
			out.Updated, err = col.UpdateWhere(c.Context(), where, p)
		}
		return err
	})
	if errors.Is(err, db.ErrInvalidMetadata) {
		err = usage.Wrap(err)
	}
	if err == nil || out.Updated > 0 {
		err = errors.Join(a.printUpdated(&out), err)
	}
	return err
}

func (a *app) printUpdated(out *api.Updated) error {
	if a.json {
		return a.printJSON(out)
	}
	a.printWarnings(out.Warnings)
	_, err := fmt.Fprintf(a.out, "updated %d\n", out.Updated)
	return err
}
