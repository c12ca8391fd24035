package client

import (
	"context"
	"net/http"

	"github.com/fronyai/frony-db/api"
)

// Key describes the client's own key: what it may do.
func (c *Client) Key(ctx context.Context) (api.KeyInfo, error) {
	var out api.KeyInfo
	err := c.do(ctx, http.MethodGet, "/v1/key", nil, &out)
	return out, err
}
