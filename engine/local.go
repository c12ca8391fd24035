package engine

import (
	"context"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Local returns an open database as a DB. It has all of the optional interfaces.
func Local(d *db.DB) DB { return local{d} }

type local struct{ *db.DB }

func (d local) Collection(ctx context.Context, name string, opts *db.CollectionOptions) (Collection, error) {
	c, err := d.DB.Collection(ctx, name, opts)
	if err != nil {
		return nil, err
	}
	return localCollection{c}, nil
}

func (d local) SearchAll(ctx context.Context, q db.Query, collections ...Collection) ([]db.Match, error) {
	list := make([]*db.Collection, len(collections))
	for i, c := range collections {
		list[i] = c.(localCollection).Collection
	}
	return db.SearchAll(ctx, q, list...)
}

type localCollection struct{ *db.Collection }

func (c localCollection) Restrict(where filter.Expr) (Collection, error) {
	r, err := c.Collection.Restrict(where)
	if err != nil {
		return nil, err
	}
	return localCollection{r}, nil
}

// What db has, beyond what every engine has.
var (
	_ Maintainer  = local{}
	_ Backuper    = local{}
	_ Namer       = local{}
	_ Joiner      = local{}
	_ Remodeler   = localCollection{}
	_ SelfQuerier = localCollection{}
	_ Mapper      = localCollection{}
)
