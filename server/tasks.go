package server

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
	"github.com/fronyai/frony-db/server/task"
)

type (
	inNewTask struct{ Body api.NewTask }
	inTask    struct {
		Task string `path:"task" maxLength:"40" doc:"The task's id"`
	}
	outTask  struct{ Body api.Task }
	outTasks struct{ Body api.Tasks }
)

func (s *Server) taskRoutes() {
	tags := []string{"tasks"}
	registerWhole(s, huma.Operation{
		OperationID: "start-task", Method: http.MethodPost, Path: "/v1/tasks", Tags: tags,
		Summary: "Start maintenance that goes on when the client has gone", DefaultStatus: http.StatusAccepted,
		Description: "Searches continue meanwhile. Few tasks run at one time, and not two of one kind and collection. A restart of the server ends them.",
	}, keys.Admin, s.startTask)
	registerWhole(s, huma.Operation{
		OperationID: "list-tasks", Method: http.MethodGet, Path: "/v1/tasks", Tags: tags,
		Summary: "List the tasks that run, and those that ended last",
	}, keys.Admin, s.listTasks)
	registerWhole(s, huma.Operation{
		OperationID: "get-task", Method: http.MethodGet, Path: "/v1/tasks/{task}", Tags: tags,
		Summary: "How far a task is, or what it did",
	}, keys.Admin, s.getTask)
	registerWhole(s, huma.Operation{
		OperationID: "cancel-task", Method: http.MethodPost, Path: "/v1/tasks/{task}/cancel", Tags: tags,
		Summary: "Tell a task to stop at its next step", Description: "One that has ended stays as it is.",
	}, keys.Admin, s.cancelTask)
}

// job is how a kind of task is done.
type job struct {
	fields []string // of NewTask, besides the kind
	steps  string   // what the steps of its progress begin with
	work   func(s *Server, ctx context.Context, in *api.NewTask) (task.Work, error)
}

var jobs = map[string]job{
	api.TaskReembed:  {[]string{"collection", "head_dims", "skip_textless", "no_switch", "no_compare", "sample"}, "reembed ", (*Server).reembedTask},
	api.TaskConfirm:  {[]string{"collection"}, "", (*Server).confirmTask},
	api.TaskRollback: {[]string{"collection", "skip_textless"}, "reembed ", (*Server).rollbackTask},
	api.TaskBackup:   {[]string{"base", "base_info"}, "backup ", (*Server).backupTask},
	api.TaskRestore:  {[]string{"collection", "backups", "as"}, "restore ", (*Server).restoreTask},
	api.TaskCompact:  {nil, "", (*Server).compactTask},
	api.TaskCopy:     {[]string{"collection", "as"}, "copy ", (*Server).copyTask},
	api.TaskDoctor:   {[]string{"collection", "sample", "repair"}, "doctor ", (*Server).doctorTask},
}

func (s *Server) startTask(ctx context.Context, in *inNewTask) (*outTask, error) {
	b := &in.Body
	j, ok := jobs[b.Kind]
	if !ok {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "there is no kind of task %.40q", b.Kind).At("kind")
	}
	if p := checkFields(b, j.fields); p != nil {
		return nil, p
	}
	if s.state.Load() == stateLoading {
		return nil, problem.Refuse(http.StatusServiceUnavailable, "loading", "the database is still opening").After(2)
	}
	work, err := j.work(s, ctx, b)
	if err != nil {
		return nil, err
	}
	about, steps := cmp.Or(b.As, b.Collection), j.steps
	if steps != "" {
		steps += about // of all collections, if it is empty
	}
	t, p := s.tasks.Start(api.Task{Kind: b.Kind, Collection: about, Key: callOf(ctx).keyName()}, steps, work)
	if p != nil {
		return nil, p
	}
	s.log.Info("task started", "task", t.ID, "kind", t.Kind, "collection", t.Collection, "key", t.Key)
	return &outTask{t}, nil
}

// checkFields refuses fields that a kind of task does not have: they would be ignored.
func checkFields(b *api.NewTask, fields []string) *problem.Problem {
	has := map[string]bool{}
	for _, name := range fields {
		has[name] = true
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"collection", b.Collection != ""},
		{"head_dims", b.HeadDims != 0},
		{"skip_textless", b.SkipTextless},
		{"no_switch", b.NoSwitch},
		{"no_compare", b.NoCompare},
		{"sample", b.Sample != 0},
		{"repair", b.Repair},
		{"base", b.Base != ""},
		{"base_info", b.BaseInfo != nil},
		{"backups", len(b.Backups) > 0},
		{"as", b.As != ""},
	} {
		if f.set && !has[f.name] {
			return problem.Refuse(http.StatusBadRequest, "invalid_request", "a task %s has no %s", b.Kind, f.name).At(f.name)
		}
	}
	if b.Collection == "" && has["collection"] && b.Kind != api.TaskDoctor {
		return problem.Refuse(http.StatusBadRequest, "invalid_request", "a task %s needs a collection", b.Kind).At("collection")
	}
	return nil
}

func (s *Server) taskEnded(t api.Task) {
	s.metrics.tasks.WithLabelValues(t.Kind, t.State).Inc()
	level, why := slog.LevelInfo, ""
	if t.Error != nil {
		level, why = slog.LevelWarn, t.Error.Message
	}
	s.log.Log(context.Background(), level, "task ended", "task", t.ID, "kind", t.Kind, "collection", t.Collection,
		"state", t.State, "took", t.Ended.Sub(t.Started).Round(time.Millisecond), "err", why)
}

// ObserveProgress shows progress of the database in the tasks that it belongs to. It
// fits db.Options.Progress.
func (s *Server) ObserveProgress(step string, done, total int) { s.tasks.Observe(step, done, total) }

func (s *Server) listTasks(context.Context, *struct{}) (*outTasks, error) {
	return &outTasks{api.Tasks{Tasks: s.tasks.All()}}, nil
}

func (s *Server) getTask(_ context.Context, in *inTask) (*outTask, error) {
	t, p := s.tasks.Get(in.Task)
	if p != nil {
		return nil, p
	}
	return &outTask{t}, nil
}

func (s *Server) cancelTask(_ context.Context, in *inTask) (*outTask, error) {
	t, p := s.tasks.Cancel(in.Task)
	if p != nil {
		return nil, p
	}
	return &outTask{t}, nil
}

// reembedTask changes a collection's model to the server's: which model that is, is for
// the operator to say.
func (s *Server) reembedTask(ctx context.Context, in *api.NewTask) (task.Work, error) {
	if s.embed == nil {
		return nil, refuseNoModel()
	}
	o := &db.ReembedOptions{HeadDims: in.HeadDims, SkipTextless: in.SkipTextless, NoSwitch: in.NoSwitch, Sample: in.Sample}
	if in.NoCompare {
		o.Sample = -1
	}
	return s.onCollection(ctx, in, func(ctx context.Context, c engine.Remodeler) (*api.TaskResult, error) {
		r, err := c.Reembed(ctx, s.embed, o)
		if err != nil {
			return nil, err
		}
		return &api.TaskResult{Reembed: &r}, nil
	})
}

func (s *Server) confirmTask(ctx context.Context, in *api.NewTask) (task.Work, error) {
	return s.onCollection(ctx, in, func(ctx context.Context, c engine.Remodeler) (*api.TaskResult, error) {
		return nil, c.Confirm(ctx)
	})
}

func (s *Server) rollbackTask(ctx context.Context, in *api.NewTask) (task.Work, error) {
	o := &db.RollbackOptions{SkipTextless: in.SkipTextless}
	return s.onCollection(ctx, in, func(ctx context.Context, c engine.Remodeler) (*api.TaskResult, error) {
		r, err := c.Rollback(ctx, o)
		if err != nil {
			return nil, err
		}
		return &api.TaskResult{Reembed: &r}, nil
	})
}

// onCollection is work on the model of a task's collection, which must exist.
func (s *Server) onCollection(ctx context.Context, in *api.NewTask, f func(context.Context, engine.Remodeler) (*api.TaskResult, error)) (task.Work, error) {
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	m, err := engine.As[engine.Remodeler](c, in.Kind)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (*api.TaskResult, error) { return f(ctx, m) }, nil
}

func (s *Server) backupTask(_ context.Context, in *api.NewTask) (task.Work, error) {
	d, err := engine.As[engine.Backuper](s.db, in.Kind)
	if err != nil {
		return nil, err
	}
	dir, p := s.backupDir()
	if p != nil {
		return nil, p
	}
	o := db.BackupOptions{Base: in.BaseInfo}
	if in.Base != "" && o.Base != nil {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "base and base_info exclude each other").At("base")
	}
	if in.Base != "" {
		f, err := dir.open(in.Base)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // only read from
		info, err := db.ReadBackupInfo(f)
		if err != nil {
			return nil, err
		}
		o.Base = &info
	}
	return func(ctx context.Context) (*api.TaskResult, error) {
		var contents db.BackupInfo
		made, err := dir.add(func(w io.Writer) (err error) {
			contents, err = d.Backup(ctx, w, &o)
			return err
		})
		if made.Name == "" {
			return nil, err
		}
		return &api.TaskResult{Backup: &made, Contents: &contents}, err
	}, nil
}

func (s *Server) restoreTask(_ context.Context, in *api.NewTask) (task.Work, error) {
	d, err := engine.As[engine.Backuper](s.db, in.Kind)
	if err != nil {
		return nil, err
	}
	dir, p := s.backupDir()
	if p != nil {
		return nil, p
	}
	if len(in.Backups) == 0 {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "a task restore needs backups").At("backups").
			Hint("GET /v1/backups lists those of the server")
	}
	for _, name := range in.Backups {
		if _, err := dir.find(name); err != nil {
			return nil, err
		}
	}
	name := cmp.Or(in.As, in.Collection)
	return func(ctx context.Context) (*api.TaskResult, error) {
		var readers []io.Reader
		for _, backup := range in.Backups {
			f, err := dir.open(backup)
			if err != nil {
				return nil, err
			}
			defer func() { _ = f.Close() }() // only read from
			readers = append(readers, f)
		}
		line, err := d.RestoreCollection(ctx, name, &db.RestoreCollectionOptions{From: in.Collection}, readers...)
		if line.Name == "" {
			return nil, err
		}
		return &api.TaskResult{Restore: &line}, err
	}, nil
}

func (s *Server) compactTask(_ context.Context, in *api.NewTask) (task.Work, error) {
	d, err := engine.As[engine.Maintainer](s.db, in.Kind)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (*api.TaskResult, error) {
		r, err := d.Compact(ctx)
		if err != nil {
			return nil, err
		}
		return &api.TaskResult{Compact: &r}, nil
	}, nil
}

// copyTask copies a collection with its embeddings.
func (s *Server) copyTask(ctx context.Context, in *api.NewTask) (task.Work, error) {
	if in.As == "" {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "a task copy needs the name of the copy").At("as")
	}
	as := norm.NFC.String(in.As)
	d, err := engine.As[engine.Namer](s.db, in.Kind)
	if err != nil {
		return nil, err
	}
	from, err := s.info(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	if from == nil {
		return nil, problem.Refuse(http.StatusNotFound, "no_collection", "there is no collection %q", in.Collection).At("collection")
	}
	if taken, err := s.info(ctx, as); err != nil || taken != nil {
		return nil, cmp.Or(err, error(problem.Refuse(http.StatusConflict, "collection_exists", "the name %q is taken", as).At("as")))
	}
	return func(ctx context.Context) (*api.TaskResult, error) {
		r, err := d.Copy(ctx, in.Collection, as)
		if err != nil {
			return nil, err
		}
		return &api.TaskResult{Copy: &r}, nil
	}, nil
}

func (s *Server) doctorTask(ctx context.Context, in *api.NewTask) (task.Work, error) {
	d, err := engine.As[engine.Maintainer](s.db, in.Kind)
	if err != nil {
		return nil, err
	}
	o := &db.DoctorOptions{Repair: in.Repair, Sample: in.Sample}
	if in.Collection != "" {
		c, err := s.collection(ctx, in.Collection)
		if err != nil {
			return nil, err
		}
		o.Collections = []string{c.Name()}
	}
	return func(ctx context.Context) (*api.TaskResult, error) {
		r, err := d.Doctor(ctx, o)
		if err != nil {
			return nil, err
		}
		return &api.TaskResult{Doctor: &r}, nil
	}, nil
}
