package server

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/klauspost/compress/gzhttp"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/admit"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// backups is the directory that the operator named for backups. All names in it are
// made here: what a client asks for is looked up in the list of them.
type backups struct{ root *os.Root }

// backupName is how backups are called, and partSuffix ends those that are not complete.
var backupName = regexp.MustCompile(`^\d{8}T\d{6}Z-[0-9a-f]{6}\.bak$`)

const partSuffix = ".part"

// openBackups opens the directory, and creates it if it is missing. Empty means none.
func openBackups(dir string) (*backups, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("backup directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("backup directory: %w", err)
	}
	b := &backups{root}
	names, err := b.names(partSuffix)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("backup directory: %w", err), root.Close())
	}
	for _, name := range names { // left by a kill; one that is being written is newer
		if info, err := root.Stat(name); err == nil && time.Since(info.ModTime()) > 10*time.Second {
			_ = root.Remove(name)
		}
	}
	return b, nil
}

// names lists the backups, oldest first, or with a suffix those that have it besides.
func (b *backups) names(suffix string) (names []string, err error) {
	d, err := b.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // only read from
	all, err := d.ReadDir(-1)
	for _, e := range all {
		if name, ok := strings.CutSuffix(e.Name(), suffix); ok && e.Type().IsRegular() && backupName.MatchString(name) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, err
}

// backupDir is the directory for a request.
func (s *Server) backupDir() (*backups, *problem.Problem) {
	if s.backups == nil {
		return nil, problem.Refuse(http.StatusConflict, "no_backup_dir", "this server has no directory for backups").
			Hint("start it with --backup-dir")
	}
	return s.backups, nil
}

// find looks up a name.
func (b *backups) find(name string) (string, error) {
	names, err := b.names("")
	if err != nil {
		return "", err
	}
	at := slices.Index(names, name)
	if at < 0 {
		return "", problem.Refuse(http.StatusNotFound, "no_backup", "there is no backup %.60q", name).At("backup").Hint("GET /v1/backups lists them")
	}
	return names[at], nil
}

// open opens a backup by its name.
func (b *backups) open(name string) (*os.File, error) {
	name, err := b.find(name)
	if err != nil {
		return nil, err
	}
	return b.root.Open(name)
}

// describe reads the header of a backup.
func (b *backups) describe(name string) (api.Backup, error) {
	f, err := b.open(name)
	if err != nil {
		return api.Backup{}, err
	}
	defer func() { _ = f.Close() }() // only read from
	stat, err := f.Stat()
	if err != nil {
		return api.Backup{}, err
	}
	info, err := db.ReadBackupInfo(f)
	return api.Backup{
		Name: name, Bytes: stat.Size(), ID: info.ID, Database: info.Database, Created: info.Created, Base: info.Base,
	}, err
}

// add writes a backup under a new name. What write leaves unfinished is deleted.
func (b *backups) add(write func(io.Writer) error) (api.Backup, error) {
	var salt [3]byte
	_, _ = rand.Read(salt[:]) // never fails
	name := time.Now().UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(salt[:]) + ".bak"
	f, err := b.root.OpenFile(name+partSuffix, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return api.Backup{}, fmt.Errorf("backup directory: %w", err)
	}
	w := bufio.NewWriterSize(f, 256<<10)
	damaged := write(w)
	if err = damaged; errors.Is(err, db.ErrDamaged) {
		err = nil // it holds all other documents
	}
	if err == nil {
		err = errors.Join(w.Flush(), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = b.root.Rename(name+partSuffix, name)
	}
	if err != nil {
		return api.Backup{}, errors.Join(err, b.root.Remove(name+partSuffix))
	}
	if d, err := b.root.Open("."); err == nil {
		_ = d.Sync() // the file itself is synced
		_ = d.Close()
	}
	made, err := b.describe(name)
	if err != nil {
		return api.Backup{}, errors.Join(err, b.root.Remove(name))
	}
	return made, damaged
}

type (
	outBackups struct{ Body api.Backups }
	inBackup   struct {
		Backup string `path:"backup" maxLength:"60" doc:"The backup's name"`
	}
)

func (s *Server) backupRoutes() {
	tags := []string{"backups"}
	registerWhole(s, huma.Operation{
		OperationID: "list-backups", Method: http.MethodGet, Path: "/v1/backups", Tags: tags,
		Summary: "List the backups in the server's directory",
	}, keys.Admin, s.listBackups)
	registerWhole(s, huma.Operation{
		OperationID: "delete-backup", Method: http.MethodDelete, Path: "/v1/backups/{backup}", Tags: tags,
		Summary: "Delete a backup",
	}, keys.Admin, s.deleteBackup)

	stream := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	e := endpoint{role: keys.Admin, body: bodyStream, whole: true}
	s.handle("GET /v1/backups/{backup}", e, http.HandlerFunc(s.downloadBackup))
	s.handle("POST /v1/backups", e, http.HandlerFunc(s.uploadBackup))
	o := s.api.OpenAPI()
	o.AddOperation(&huma.Operation{
		OperationID: "download-backup", Method: http.MethodGet, Path: "/v1/backups/{backup}", Tags: tags,
		Summary: "Read a backup", Description: e.needs(),
		Parameters: []*huma.Param{{Name: "backup", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses:  map[string]*huma.Response{"200": {Description: "The backup", Content: stream}, "default": problemResponse(s.api)},
	})
	o.AddOperation(&huma.Operation{
		OperationID: "upload-backup", Method: http.MethodPost, Path: "/v1/backups", Tags: tags,
		Summary: "Put a backup into the server's directory, to restore it", Description: e.needs(),
		RequestBody: &huma.RequestBody{Required: true, Content: stream},
		Responses: map[string]*huma.Response{
			"201":     {Description: "The backup", Content: map[string]*huma.MediaType{"application/json": {Schema: schemaOf[api.Backup](s.api)}}},
			"default": problemResponse(s.api),
		},
	})
}

func (s *Server) listBackups(context.Context, *struct{}) (*outBackups, error) {
	b, p := s.backupDir()
	if p != nil {
		return nil, p
	}
	out := outBackups{api.Backups{Backups: []api.Backup{}}}
	names, err := b.names("")
	for _, name := range names {
		if one, err := b.describe(name); err == nil { // else it was just deleted, or is damaged
			out.Body.Backups = append(out.Body.Backups, one)
		}
	}
	return &out, err
}

func (s *Server) deleteBackup(_ context.Context, in *inBackup) (*outDeleted, error) {
	b, p := s.backupDir()
	if p != nil {
		return nil, p
	}
	name, err := b.find(in.Backup)
	if err == nil {
		err = b.root.Remove(name)
	}
	if err != nil {
		return nil, err
	}
	return &outDeleted{api.Deleted{Deleted: 1}}, nil
}

func (s *Server) downloadBackup(w http.ResponseWriter, r *http.Request) {
	b, p := s.backupDir()
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	f, err := b.open(r.PathValue("backup"))
	if err != nil {
		writeProblem(w, r, s.problem(r.Context(), err))
		return
	}
	defer func() { _ = f.Close() }() // only read from
	stat, err := f.Stat()
	if err != nil {
		writeProblem(w, r, s.problem(r.Context(), err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+stat.Name()+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set(gzhttp.HeaderNoCompression, "1") // it is compressed
	http.ServeContent(&pacedWriter{w, http.NewResponseController(w), s.opts.Limits.Answer}, r, "", stat.ModTime(), f)
}

// pacedWriter gives each piece of a long answer a deadline of its own.
type pacedWriter struct {
	http.ResponseWriter
	rc   *http.ResponseController
	time time.Duration
}

// Write implements http.ResponseWriter.
func (w *pacedWriter) Write(b []byte) (int, error) {
	// A writer that knows no deadlines is a test's recorder.
	_ = w.rc.SetWriteDeadline(time.Now().Add(w.time))
	return w.ResponseWriter.Write(b)
}

// pacedReader gives each piece of a long body a deadline of its own.
type pacedReader struct {
	r    io.Reader
	rc   *http.ResponseController
	time time.Duration
	left int // bytes of this piece
}

// Read implements io.Reader.
func (p *pacedReader) Read(b []byte) (int, error) {
	if p.left <= 0 {
		p.left = 64 << 10
		_ = p.rc.SetReadDeadline(time.Now().Add(p.time)) // fails only for a test's recorder
	}
	n, err := p.r.Read(b[:min(len(b), p.left)])
	p.left -= n
	if err != nil && !errors.Is(err, io.EOF) {
		return n, admit.Unread(err)
	}
	return n, err
}

func (s *Server) uploadBackup(w http.ResponseWriter, r *http.Request) {
	b, p := s.backupDir()
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" {
		writeProblem(w, r, problem.Refuse(http.StatusUnsupportedMediaType, "unsupported_encoding", "Content-Encoding %.40q: a backup is compressed already", enc).
			Hint("send it as it is"))
		return
	}
	rc := http.NewResponseController(w)
	made, err := b.add(func(w io.Writer) error {
		_, err := io.Copy(w, &pacedReader{r: r.Body, rc: rc, time: s.opts.Limits.Receive})
		return err
	})
	_ = rc.SetWriteDeadline(time.Now().Add(s.opts.Limits.Answer))
	if err != nil {
		w.Header().Set("Connection", "close")
		writeProblem(w, r, s.problem(r.Context(), err))
		return
	}
	writeJSON(w, http.StatusCreated, made)
}
