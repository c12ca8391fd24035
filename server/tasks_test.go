package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/server"
)

// run starts a task and waits for its end.
func (b *bench) run(body string) api.Task {
	b.Helper()
	return b.ended(b.started(body))
}

func (b *bench) started(body string) string {
	b.Helper()
	id, _ := b.ask(202, "POST", "/v1/tasks", body)["id"].(string)
	return id
}

func (b *bench) ended(id string) (t api.Task) {
	b.Helper()
	b.await("the end of a task", func() bool {
		status, got, _ := b.do("GET", "/v1/tasks/"+id, "")
		if status != 200 {
			b.Fatal(status, got)
		}
		t = api.Task{}
		if err := json.Unmarshal([]byte(got), &t); err != nil {
			b.Fatal(err)
		}
		return t.State != api.TaskRunning
	})
	return t
}

func (b *bench) must(body string) api.Task {
	b.Helper()
	t := b.run(body)
	if t.State != api.TaskDone || t.Error != nil || t.Ended == nil {
		b.Fatalf("%s: %+v %+v", body, t, t.Error)
	}
	return t
}

func (b *bench) fillNotes(n int) {
	b.Helper()
	var docs []string
	for i := range n {
		docs = append(docs, fmt.Sprintf(`{"id":"%d","text":"문서 %d"}`, i, i))
	}
	b.ask(201, "POST", "/v1/collections", `{"name":"notes","graph":"always"}`)
	b.ask(200, "PUT", "/v1/collections/notes/documents", `{"documents":[`+strings.Join(docs, ",")+`]}`)
}

func TestBackupTasks(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "backups")
	b := start(t, &server.Options{BackupDir: dir})
	b.fillNotes(300)
	full := b.must(`{"kind":"backup"}`).Result
	if full.Backup == nil || full.Contents.Documents != 300 || full.Backup.Base != "" {
		t.Fatalf("%+v", full)
	}
	b.ask(200, "DELETE", "/v1/collections/notes/documents/7", "")
	b.ask(200, "PUT", "/v1/collections/notes/documents", `{"documents":[{"id":"8","text":"다시 쓴 문서"}]}`)
	next := b.must(`{"kind":"backup","base":"` + full.Backup.Name + `"}`).Result
	if next.Backup.Base != full.Backup.ID || next.Contents.Documents != 1 {
		t.Fatalf("%+v", next)
	}
	if list := b.list(b.ask(200, "GET", "/v1/backups", "")["backups"]); len(list) != 2 {
		t.Error(list)
	}
	if info, err := os.Stat(filepath.Join(dir, full.Backup.Name)); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}

	// Restored beside the collection, and into another server.
	both := `["` + full.Backup.Name + `","` + next.Backup.Name + `"]`
	if r := b.must(`{"kind":"restore","collection":"notes","as":"again","backups":` + both + `}`).Result.Restore; r.Name != "again" || r.Live != 299 {
		t.Errorf("%+v", r)
	}
	if got := b.ask(200, "GET", "/v1/collections/again/documents/8", ""); got["text"] != "다시 쓴 문서" {
		t.Error(got)
	}
	if e := b.run(`{"kind":"restore","collection":"notes","backups":` + both + `}`); e.State != api.TaskFailed || e.Error.Code != "collection_exists" {
		t.Errorf("%+v", e)
	}
	if e := b.run(`{"kind":"restore","collection":"nothing","backups":` + both + `}`); e.State != api.TaskFailed || e.Error.Code != "no_collection" || !strings.Contains(e.Error.Message, `"notes"`) {
		t.Errorf("%+v", e)
	}
	status, content, h := b.do("GET", "/v1/backups/"+full.Backup.Name, "")
	if info, err := db.VerifyBackup(t.Context(), strings.NewReader(content), nil); status != 200 || err != nil || info.ID != full.Backup.ID || !strings.Contains(h.Get("Content-Disposition"), full.Backup.Name) {
		t.Error(status, info, err, h)
	}
	other := start(t, &server.Options{BackupDir: filepath.Join(t.TempDir(), "b")})
	up := other.ask(201, "POST", "/v1/backups", content, "Content-Type", "application/octet-stream")
	name, _ := up["name"].(string)
	if up["id"] != full.Backup.ID || name == full.Backup.Name {
		t.Error(up)
	}
	other.must(`{"kind":"restore","collection":"notes","backups":["` + name + `"]}`)
	if got := other.ask(200, "GET", "/v1/collections/notes/documents/7", ""); got["text"] != "문서 7" {
		t.Error(got)
	}
	other.refused(400, "invalid_backup", "POST", "/v1/backups", "not a backup")
	other.refused(415, "unsupported_encoding", "POST", "/v1/backups", content, "Content-Encoding", "gzip")
	cut := io.MultiReader(strings.NewReader(content[:len(content)/2]), failing{})
	if req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, other.url+"/v1/backups", cut); err != nil {
		t.Fatal(err)
	} else if res, err := http.DefaultClient.Do(req); err == nil {
		t.Error("half a backup was accepted: ", res.Status, res.Body.Close())
	}
	other.await("what is left of half a backup", func() bool {
		parts, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*", "*.part"))
		return err == nil && len(parts) == 0
	})
	other.ask(200, "DELETE", "/v1/backups/"+name, "")
	if list := other.list(other.ask(200, "GET", "/v1/backups", "")["backups"]); len(list) != 0 {
		t.Error(list)
	}

	// Nothing but the server's own names is opened.
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"secret", "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", full.Backup.Name + ".part", "%00"} {
		for _, method := range []string{"GET", "DELETE"} {
			if status, got, _ := b.do(method, "/v1/backups/"+name, ""); status != 404 && status != 400 && status != 405 && status != 422 {
				t.Errorf("%s %s: %d %.200s", method, name, status, got)
			}
		}
	}
	b.refused(404, "no_backup", "POST", "/v1/tasks", `{"kind":"restore","collection":"notes","as":"x","backups":["../secret"]}`)
	b.refused(404, "no_backup", "POST", "/v1/tasks", `{"kind":"backup","base":"/etc/passwd"}`)

	without := start(t, nil)
	for _, q := range [][2]string{
		{"POST", "/v1/tasks"}, {"GET", "/v1/backups"}, {"POST", "/v1/backups"}, {"GET", "/v1/backups/x"}, {"DELETE", "/v1/backups/x"},
	} {
		body := ""
		if q[0] == "POST" {
			body = `{"kind":"backup"}`
		}
		if e := without.refused(409, "no_backup_dir", q[0], q[1], body); !strings.Contains(e["hint"].(string), "--backup-dir") {
			t.Error(e)
		}
	}
}

// failing ends a body in the middle.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrNoProgress }

func TestMaintenanceTasks(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.fillNotes(50)
	b.ask(200, "DELETE", "/v1/collections/notes/documents/7", "")
	if r := b.must(`{"kind":"compact"}`).Result.Compact; r == nil || r.After == 0 {
		t.Errorf("%+v", r)
	}
	d := b.must(`{"kind":"doctor","repair":true}`)
	if r := d.Result.Doctor; r == nil || !r.OK() || len(r.Collections) != 1 || r.Collections[0].Queried != 49 {
		t.Errorf("%+v", r)
	}
	if d := b.must(`{"kind":"doctor","collection":"notes","sample":5}`).Result.Doctor; d.Collections[0].Queried < 1 || d.Collections[0].Queried > 5 {
		t.Errorf("%+v", d)
	}
	if r := b.must(`{"kind":"reembed","collection":"notes"}`).Result.Reembed; !r.Unchanged {
		t.Errorf("%+v", r)
	}
	if e := b.run(`{"kind":"reembed-rollback","collection":"notes"}`); e.State != api.TaskFailed || e.Error.Code != "no_reembed" {
		t.Errorf("%+v", e)
	}
	for body, param := range map[string]string{
		`{"kind":"compact","collection":"notes"}`:             "collection",
		`{"kind":"doctor","no_switch":true}`:                  "no_switch",
		`{"kind":"reembed"}`:                                  "collection",
		`{"kind":"restore","collection":"x","repair":true}`:   "repair",
		`{"kind":"reembed","collection":"notes","base":"x"}`:  "base",
		`{"kind":"reembed-confirm","collection":"","as":"x"}`: "as",
	} {
		if e := b.refused(400, "invalid_request", "POST", "/v1/tasks", body); e["param"] != param {
			t.Errorf("%s: %v", body, e)
		}
	}
	b.refused(422, "invalid_request", "POST", "/v1/tasks", `{"kind":"shell"}`)
	b.refused(404, "no_collection", "POST", "/v1/tasks", `{"kind":"doctor","collection":"nothing"}`)
	b.refused(404, "no_task", "GET", "/v1/tasks/abc", "")
	b.refused(404, "no_task", "POST", "/v1/tasks/abc/cancel", "")
	list := b.list(b.ask(200, "GET", "/v1/tasks", "")["tasks"])
	if len(list) != 5 || list[4].(map[string]any)["kind"] != "compact" {
		t.Error(list)
	}
	if _, got, _ := b.do("GET", "/metrics", ""); !strings.Contains(got, `frony_tasks_total{kind="doctor",state="done"} 2`) || !strings.Contains(got, "frony_tasks_running 0") {
		t.Error("the metrics lack the tasks")
	}
}

// slowModel embeds passages only when it is let.
type slowModel struct {
	*embeddertest.Fake
	next chan struct{}
}

func (m slowModel) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	select {
	case <-m.next:
		return m.Fake.EmbedPassages(ctx, texts)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A collection of an older model gets the server's while it is searched. The task
// outlives its client, shows progress, can be cancelled, and goes on when it is started
// again.
func TestReembedTask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := db.Open(dir, &db.Options{Embedder: embeddertest.New(384, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes", "notes2", "notes3"} {
		c, err := d.Collection(t.Context(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		docs := make([]db.Document, 200)
		for i := range docs {
			docs[i] = db.Document{ID: fmt.Sprint(i), Text: fmt.Sprint("문서 ", i)}
		}
		if _, err := c.Insert(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	m := slowModel{embeddertest.New(384, 2), make(chan struct{})}
	b := startIn(t, dir, m, nil)
	const body = `{"kind":"reembed","collection":"notes"}`
	id := b.started(body)
	m.next <- struct{}{}
	b.await("progress", func() bool {
		task := b.ask(200, "GET", "/v1/tasks/"+id, "")
		return fmt.Sprint(task["total"]) == "200" && fmt.Sprint(task["done"]) != "0" && task["state"] == "running"
	})
	b.refused(409, "task_running", "POST", "/v1/tasks", body)
	second := b.started(`{"kind":"reembed","collection":"notes2"}`)
	b.refused(409, "too_many_tasks", "POST", "/v1/tasks", `{"kind":"reembed","collection":"notes3"}`)
	if r := b.ask(200, "POST", "/v1/collections/notes/search", `{"text":"문서 7"}`); len(b.list(r["matches"])) == 0 {
		t.Error("no search meanwhile")
	}
	if got := b.ask(200, "GET", "/v1/tasks/"+second, ""); fmt.Sprint(got["done"]) != "0" {
		t.Errorf("progress of another task: %v", got)
	}
	for _, one := range []string{id, second} {
		b.ask(200, "POST", "/v1/tasks/"+one+"/cancel", "")
		if task := b.ended(one); task.State != api.TaskCancelled {
			t.Errorf("%+v", task)
		}
		b.ask(200, "POST", "/v1/tasks/"+one+"/cancel", "")
	}
	close(m.next)
	r := b.must(body).Result.Reembed
	if !r.Switched || r.To.Documents != 200 || r.Embedded == 0 || r.Embedded == 200 {
		t.Errorf("%+v", r)
	}
	info := b.ask(200, "GET", "/v1/collections/notes", "")
	if info["degraded"] != nil || info["reembedding"] == nil {
		t.Error(info)
	}
	b.must(`{"kind":"reembed-confirm","collection":"notes"}`)
	b.must(`{"kind":"reembed","collection":"notes2","no_switch":true,"no_compare":true}`)
	b.must(`{"kind":"reembed-rollback","collection":"notes2"}`)
	b.must(`{"kind":"reembed","collection":"notes3","sample":5}`)
	if info := b.ask(200, "GET", "/v1/collections/notes", ""); info["reembedding"] != nil {
		t.Error(info)
	}
}

// Tasks end when the server is closed.
func TestTasksEndWithTheServer(t *testing.T) {
	t.Parallel()
	m := slowModel{embeddertest.New(384, 2), make(chan struct{})}
	dir := t.TempDir()
	d, err := db.Open(dir, &db.Options{Embedder: embeddertest.New(384, 1)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "1", Text: "문서"}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	b := startIn(t, dir, m, nil)
	id := b.started(`{"kind":"reembed","collection":"notes"}`)
	if err := b.s.Close(); err != nil {
		t.Fatal(err)
	}
	if task := b.ended(id); task.State != api.TaskCancelled {
		t.Errorf("%+v", task)
	}
	b.refused(503, "stopping", "POST", "/v1/tasks", `{"kind":"compact"}`)
}

// Every field of a new task is known to checkFields, and belongs to a kind.
func TestTaskFields(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for f := range reflect.TypeFor[api.NewTask]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "kind" {
			continue
		}
		value, ok := map[reflect.Kind]any{
			reflect.Int: 3, reflect.String: "x", reflect.Bool: true, reflect.Slice: []string{"x"}, reflect.Pointer: db.BackupInfo{ID: "x"},
		}[f.Type.Kind()]
		if !ok {
			t.Fatalf("%s has a new type", name)
		}
		kind := api.TaskCompact
		body, err := json.Marshal(map[string]any{"kind": kind, name: value})
		if err != nil {
			t.Fatal(err)
		}
		if e := b.refused(400, "invalid_request", "POST", "/v1/tasks", string(bytes.TrimSpace(body))); e["param"] != name {
			t.Errorf("%s: %v", body, e)
		}
	}
}
