package client

import (
	"context"
	"net/http"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
)

// Map draws documents as points of a plane. Coordinates have four decimals.
func (c *Collection) Map(ctx context.Context, q db.MapQuery) (db.Map, error) {
	in, err := api.FromMapQuery(&q)
	if err != nil {
		return db.Map{}, &db.Error{Op: "map", Err: err}
	}
	var out api.CollectionMap
	if err := c.c.do(ctx, http.MethodPost, c.path()+"/map", &in, &out); err != nil {
		return db.Map{}, err
	}
	return out.DB(), nil
}
