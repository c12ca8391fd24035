package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
)

// SetAlias makes a name lead to a collection, in one transaction, and returns the one that
// it has led to, or "". Wherever a collection is named, the alias does as well.
func (c *Client) SetAlias(ctx context.Context, alias, collection string) (previous string, err error) {
	var out api.AliasSet
	err = c.do(ctx, http.MethodPut, aliasPath(alias), &api.SetAlias{Collection: collection}, &out)
	return out.Previous, err
}

// DropAlias removes an alias; its collection stays. It returns db.ErrNoAlias.
func (c *Client) DropAlias(ctx context.Context, alias string) error {
	return c.do(ctx, http.MethodDelete, aliasPath(alias), nil, nil)
}

// Aliases lists the aliases that the key has access to, by name.
func (c *Client) Aliases(ctx context.Context) ([]db.Alias, error) {
	var out api.Aliases
	err := c.do(ctx, http.MethodGet, "/v1/aliases", nil, &out)
	return out.Aliases, err
}

func aliasPath(alias string) string { return "/v1/aliases/" + url.PathEscape(alias) }

// Rename gives a collection another name; its aliases follow it. Handles of the former name
// find nothing.
func (c *Client) Rename(ctx context.Context, from, to string) error {
	return c.do(ctx, http.MethodPost, c.Collection(from).path()+"/rename", &api.RenameCollection{Name: to}, nil)
}

// Copy copies a collection with its embeddings, as a task that goes on when ctx ends: see
// StartTask.
func (c *Client) Copy(ctx context.Context, from, to string) (r db.CopyReport, err error) {
	t, err := c.StartTask(ctx, api.NewTask{Kind: api.TaskCopy, Collection: from, As: to})
	if err == nil {
		t, err = c.WaitTask(ctx, t.ID, nil)
	}
	if err == nil {
		r = *t.Result.Copy
	}
	return r, err
}
