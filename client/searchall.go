package client

import (
	"context"
	"net/http"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
)

// SearchAll searches several collections of one model, as db.SearchAll does: names, aliases,
// and beginnings of them with * behind, such as tenant-*.
func (c *Client) SearchAll(ctx context.Context, q db.Query, collections ...string) ([]db.Match, error) {
	wire, err := api.FromQuery(&q)
	if err != nil {
		return nil, &db.Error{Op: "search", Err: err}
	}
	var out api.Result
	if err := c.do(ctx, http.MethodPost, "/v1/search", &api.SearchAll{Collections: collections, Query: wire}, &out); err != nil {
		return nil, err
	}
	return out.DB(q.Trace), nil
}
