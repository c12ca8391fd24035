package task

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/server/problem"
)

// kept is the number of tasks that are remembered after their end.
const kept = 100

// Options say how a List behaves.
type Options struct {
	Running int // tasks at one time
	// Problem translates the error of a task.
	Problem func(error) *problem.Problem
	// Ended is called with each task that has ended.
	Ended func(api.Task)
}

// List runs tasks and remembers them. Its methods may be called concurrently.
type List struct {
	opts Options
	ctx  context.Context //nolint:containedctx // ends all tasks
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	closed bool
	all    []*task // oldest first
}

type task struct {
	api.Task
	cancel context.CancelFunc
	steps  string // what the steps of its progress begin with
}

// Work does a task. It ends soon after ctx does.
type Work func(ctx context.Context) (*api.TaskResult, error)

// New returns an empty list. Close ends it.
func New(o Options) *List {
	ctx, stop := context.WithCancel(context.Background())
	return &List{opts: o, ctx: ctx, stop: stop}
}

// Start begins a task, of which kind, collection and key are given. It takes the
// reports of progress whose steps begin with steps. Two of one kind and collection do
// not run at one time.
func (l *List) Start(t api.Task, steps string, work Work) (api.Task, *problem.Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	running := 0
	for _, other := range l.all {
		if other.State != api.TaskRunning {
			continue
		}
		if running++; other.Kind == t.Kind && other.Collection == t.Collection {
			return t, problem.Refuse(http.StatusConflict, "task_running", "the task %s does this already", other.ID).
				Hint("GET /v1/tasks/" + other.ID + " tells how far it is")
		}
	}
	switch {
	case l.closed:
		return t, problem.Refuse(http.StatusServiceUnavailable, "stopping", "the server is stopping").After(1)
	case running >= l.opts.Running:
		return t, problem.Refuse(http.StatusConflict, "too_many_tasks", "%d tasks run, at most %d at one time", running, l.opts.Running).
			Hint("wait for one to end, or cancel it: GET /v1/tasks")
	}
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails
	t.ID, t.State, t.Started = hex.EncodeToString(id[:]), api.TaskRunning, time.Now().UTC()
	ctx, cancel := context.WithCancel(l.ctx)
	one := &task{Task: t, cancel: cancel, steps: steps}
	l.all = append(l.all, one)
	l.forget()
	l.wg.Go(func() {
		defer cancel()
		l.end(ctx, one, work)
	})
	return one.Task, nil
}

// forget drops the tasks that ended longest ago. The caller holds l.mu.
func (l *List) forget() {
	over := -kept
	for _, t := range l.all {
		if t.State != api.TaskRunning {
			over++
		}
	}
	l.all = slices.DeleteFunc(l.all, func(t *task) bool {
		gone := over > 0 && t.State != api.TaskRunning
		if gone {
			over--
		}
		return gone
	})
}

// end does the work of a task and notes how it ended.
func (l *List) end(ctx context.Context, t *task, work Work) {
	result, err := run(ctx, work)
	var p *problem.Problem
	if err != nil {
		p = l.opts.Problem(err)
	}
	l.mu.Lock()
	now := time.Now().UTC()
	t.Ended, t.Result, t.Cancelling = &now, result, false
	switch {
	case err == nil:
		t.State = api.TaskDone
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		t.State = api.TaskCancelled
	default:
		t.State, t.Error = api.TaskFailed, &p.Detail
		if result != nil {
			t.State = api.TaskDone
		}
	}
	copied := t.Task
	l.mu.Unlock()
	l.opts.Ended(copied)
}

func run(ctx context.Context, work Work) (result *api.TaskResult, err error) {
	defer func() {
		if v := recover(); v != nil {
			result, err = nil, fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return work(ctx)
}

// Observe notes progress of the task that takes such steps.
func (l *List) Observe(step string, done, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.all {
		if t.State == api.TaskRunning && t.takes(step) {
			t.Step, t.Done, t.Total = step, done, total
		}
	}
}

// takes reports whether a step is one of the task's. What its steps begin with ends with
// a space if it is about all collections.
func (t *task) takes(step string) bool {
	return step == t.steps || strings.HasSuffix(t.steps, " ") && strings.HasPrefix(step, t.steps)
}

// All lists the tasks, newest first.
func (l *List) All() []api.Task {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]api.Task, 0, len(l.all))
	for _, t := range slices.Backward(l.all) {
		all = append(all, t.Task)
	}
	return all
}

// Running is the number of tasks that run.
func (l *List) Running() (n int) {
	for _, t := range l.All() {
		if t.State == api.TaskRunning {
			n++
		}
	}
	return n
}

// Get finds a task.
func (l *List) Get(id string) (api.Task, *problem.Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, p := l.find(id)
	if p != nil {
		return api.Task{}, p
	}
	return t.Task, nil
}

// Cancel tells a task to stop. One that has ended stays as it is.
func (l *List) Cancel(id string) (api.Task, *problem.Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, p := l.find(id)
	if p != nil {
		return api.Task{}, p
	}
	t.cancel()
	t.Cancelling = t.State == api.TaskRunning
	return t.Task, nil
}

// find returns a task. The caller holds l.mu.
func (l *List) find(id string) (*task, *problem.Problem) {
	for _, t := range l.all {
		if t.ID == id {
			return t, nil
		}
	}
	return nil, problem.Refuse(http.StatusNotFound, "no_task", "there is no task %.40q", id).At("task").
		Hint("the server forgets tasks when it stops, and all but the last 100 that ended")
}

// Stop cancels all tasks and starts no more.
func (l *List) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.stop()
}

// Close is Stop, and waits for the tasks.
func (l *List) Close() {
	l.Stop()
	l.wg.Wait()
}
