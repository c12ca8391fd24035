package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// runTask runs a task on the server and returns its result. If the command is
// interrupted the task is cancelled; if the connection breaks it goes on.
func (a *app) runTask(ctx context.Context, c *client.Client, in api.NewTask) (*api.TaskResult, error) {
	started, err := c.StartTask(ctx, in)
	if err != nil {
		return nil, err
	}
	progress := a.progress()
	t, err := c.WaitTask(ctx, started.ID, func(t api.Task) {
		if progress != nil && t.Total > 0 {
			progress(t.Step, t.Done, t.Total)
		}
	})
	if ctx.Err() != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, failed := c.CancelTask(end, started.ID)
		return nil, errors.Join(ctx.Err(), failed)
	}
	if t.Result == nil {
		t.Result = &api.TaskResult{}
	}
	return t.Result, err
}

// onServer calls f with the result of a task.
func (a *app) onServer(ctx context.Context, in api.NewTask, f func(*api.TaskResult) error) error {
	return a.withServer(func(c *client.Client) error {
		r, err := a.runTask(ctx, c, in)
		if err != nil {
			return err
		}
		return f(r)
	})
}

func (a *app) tasks() *cobra.Command {
	c := &cobra.Command{
		Use:   "tasks",
		Short: "List the maintenance of a server: what runs, and what ended last",
		Long: `tasks lists the tasks of a server: reembed, backup, restore, compact and doctor run
there as tasks, and go on when the command that started them has lost its
connection. It needs a key with the role admin.`,
		Example: `  frony-db tasks --server 127.0.0.1:7700
  frony-db tasks cancel 3f2a9c10b4d8 --server 127.0.0.1:7700`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withTasks(func(cl *client.Client) error {
				list, err := cl.Tasks(c.Context())
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(list)
				}
				return a.printTasks(list)
			})
		},
	}
	c.AddCommand(&cobra.Command{
		Use:   "cancel ID",
		Short: "Tell a task to stop at its next step",
		Args:  one("the id of a task"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withTasks(func(cl *client.Client) error {
				t, err := cl.CancelTask(c.Context(), args[0])
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(t)
				}
				fmt.Fprintf(a.out, "%s %s: %s\n", t.Kind, t.ID, taskState(&t))
				return nil
			})
		},
	})
	return c
}

func (a *app) withTasks(f func(*client.Client) error) error {
	if a.server == "" {
		return usage.Errorf("tasks: only a server has tasks; name it with --server")
	}
	return a.withServer(f)
}

func (a *app) printTasks(list []api.Task) error {
	t := term.Table{Columns: []term.Column{
		{Title: "task"}, {Title: "kind"}, {Title: "collection", Flex: true}, {Title: "state", Flex: true}, {Title: "started"}, {Title: "by"},
	}}
	for i := range list {
		one := &list[i]
		t.Rows = append(t.Rows, []string{
			one.ID, one.Kind, one.Collection, taskState(one), one.Started.Local().Format(time.DateTime), one.Key,
		})
	}
	return t.Write(a.out)
}

// taskState tells how far a task is, or how it ended.
func taskState(t *api.Task) string {
	switch {
	case t.Cancelling:
		return "cancelling"
	case t.State == api.TaskRunning && t.Total > 0:
		return fmt.Sprintf("%s, %d of %d", t.State, t.Done, t.Total)
	case t.Error != nil:
		return t.State + ": " + term.Clean(t.Error.Message)
	}
	return t.State
}
