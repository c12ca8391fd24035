package db

import (
	"context"
	"errors"
	"time"

	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// Alias is a name that leads to a collection.
type Alias struct {
	Name       string    `json:"alias"`
	Collection string    `json:"collection"`
	Since      time.Time `json:"since"` // when it was made to lead there
}

// SetAlias makes a name lead to a collection, instead of the one that it has led to, which
// is returned, or "" if the alias is new. The switch is one transaction: whoever opens the
// alias gets the old collection or the new one, and after a crash it is one of them. A
// collection may have several aliases; an alias given for the collection means what it
// leads to.
//
// Aliases and collections share one space of names, in which names that differ by their
// Unicode normalisation alone are one. SetAlias returns ErrNoCollection,
// ErrCollectionExists if a collection has the name, ErrInvalidName, ErrReadOnly,
// ErrDiskFull and ErrClosed.
func (d *DB) SetAlias(ctx context.Context, alias, collection string) (previous string, err error) {
	err = d.do(func() error {
		if err := errors.Join(ctx.Err(), checkName(alias)); err != nil {
			return err
		}
		// Whoever opens a collection does not see the alias move meanwhile.
		d.mu.Lock()
		defer d.mu.Unlock()
		previous, err = d.st.SetAlias(alias, d.st.Name(collection))
		return err
	})
	return previous, wrap("set alias", alias, err)
}

// DropAlias removes an alias. The collection that it leads to stays. It returns
// ErrNoAlias, ErrReadOnly and ErrClosed.
func (d *DB) DropAlias(ctx context.Context, alias string) error {
	return wrap("drop alias", alias, d.do(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.st.DropAlias(alias)
	}))
}

// Resolve returns the name of the collection that a name leads to: what an alias leads to,
// or the name itself, as the collection spells it. A name that leads nowhere is returned
// as it is.
func (d *DB) Resolve(name string) string { return d.st.Name(name) }

// Aliases lists the aliases in the order of their names. It returns ErrClosed after Close.
func (d *DB) Aliases(ctx context.Context) (list []Alias, err error) {
	err = d.do(func() error {
		for _, a := range d.st.Aliases() {
			list = append(list, Alias(a))
		}
		return ctx.Err()
	})
	return list, wrap("list aliases", "", err)
}

// aliasesIn lists the names of each collection's aliases.
func aliasesIn(v *store.View) (map[string][]string, error) {
	of := map[string][]string{}
	for a, err := range v.Aliases() {
		if err != nil {
			return nil, err
		}
		of[a.Collection] = append(of[a.Collection], a.Name)
	}
	return of, nil
}

// notAlias refuses an alias where the collection itself must be named.
func (d *DB) notAlias(name string) error {
	if a, ok := d.st.Alias(name); ok {
		return reason.For(ErrAliased, "%q is an alias of %q; name the collection itself, or drop the alias", a.Name, a.Collection)
	}
	return nil
}
