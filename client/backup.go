package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/fronyai/frony-db/api"
)

// Backups lists the backups in the server's directory, oldest first.
func (c *Client) Backups(ctx context.Context) ([]api.Backup, error) {
	var out api.Backups
	err := c.do(ctx, http.MethodGet, "/v1/backups", nil, &out)
	return out.Backups, err
}

// DeleteBackup deletes a backup from the server's directory.
func (c *Client) DeleteBackup(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, backupPath(name), nil, nil)
}

func backupPath(name string) string { return "/v1/backups/" + url.PathEscape(name) }

// DownloadBackup writes a backup of the server's directory to w.
func (c *Client) DownloadBackup(ctx context.Context, name string, w io.Writer) error {
	res, err := c.stream(ctx, http.MethodGet, backupPath(name), nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("client: backup %s: %w", name, err)
	}
	return nil
}

// UploadBackup puts a backup into the server's directory, so that a task can restore
// it.
func (c *Client) UploadBackup(ctx context.Context, r io.Reader) (out api.Backup, err error) {
	res, err := c.stream(ctx, http.MethodPost, "/v1/backups", r)
	if err != nil {
		return out, err
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("client: the answer of /v1/backups: %w", err)
	}
	return out, nil
}

// stream sends a request once, as its body can't be sent again.
func (c *Client) stream(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+path, body)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	c.sign(req.Header)
	if body != nil {
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	res, err := c.plain.Do(req)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	if res.StatusCode/100 != 2 {
		defer func() { _ = res.Body.Close() }()
		return nil, failure(res)
	}
	return res, nil
}
