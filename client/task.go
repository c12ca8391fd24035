package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/fronyai/frony-db/api"
)

// StartTask starts maintenance on the server, which goes on when the client has gone.
// Its result comes from WaitTask. It needs a key with the role admin for all
// collections.
func (c *Client) StartTask(ctx context.Context, in api.NewTask) (out api.Task, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/tasks", &in, &out)
	return out, err
}

// Tasks lists the tasks that run, and those that ended last, newest first.
func (c *Client) Tasks(ctx context.Context) ([]api.Task, error) {
	var out api.Tasks
	err := c.do(ctx, http.MethodGet, "/v1/tasks", nil, &out)
	return out.Tasks, err
}

// Task tells how far a task is.
func (c *Client) Task(ctx context.Context, id string) (out api.Task, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/tasks/"+url.PathEscape(id), nil, &out)
	return out, err
}

// CancelTask tells a task to stop at its next step.
func (c *Client) CancelTask(ctx context.Context, id string) (out api.Task, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/tasks/"+url.PathEscape(id)+"/cancel", nil, &out)
	return out, err
}

// WaitTask waits until a task has ended, and returns its error if it failed. progress,
// if it is not nil, is called with the task now and then. The end of ctx ends the
// waiting, not the task.
func (c *Client) WaitTask(ctx context.Context, id string, progress func(api.Task)) (api.Task, error) {
	const first, longest = 20 * time.Millisecond, 500 * time.Millisecond
	for pause := first; ; pause = min(2*pause, longest) {
		t, err := c.Task(ctx, id)
		if err != nil {
			return t, err
		}
		if progress != nil {
			progress(t)
		}
		switch {
		case t.Error != nil:
			return t, newError(0, t.Error)
		case t.State == api.TaskCancelled:
			return t, fmt.Errorf("client: the task %s was cancelled", id)
		case t.State != api.TaskRunning:
			return t, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return t, ctx.Err()
		}
	}
}
