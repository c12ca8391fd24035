package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/admit"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// An upload is written in batches of at most so many documents and bytes of input.
// A batch that is cut into chunks has fewer bytes, because each chunk adds a vector,
// and all must fit one transaction.
const (
	uploadBatch    = 256
	uploadBytes    = 4 << 20
	uploadCutBytes = 512 << 10
)

// uploadRoute adds the one operation whose body is a stream, which the framework
// can't read.
func (s *Server) uploadRoute(path string) {
	s.handle("POST "+path, endpoint{role: keys.Write, body: bodyStream}, http.HandlerFunc(s.upload))
	// Generators know no lines of JSON: they send and receive a stream of bytes.
	stream := map[string]*huma.MediaType{"application/x-ndjson": {Schema: &huma.Schema{
		Type: huma.TypeString, Format: "binary", Description: "Lines of JSON: each a Document in the request, and an UploadLine in the answer",
	}}}
	s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[api.UploadLine](), true, "")
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "upload-documents", Method: http.MethodPost, Path: path, Tags: []string{"documents"},
		Summary: "Write a stream of documents, one JSON document per line",
		Description: "The answer is a stream too: a line for each line, as soon as it is written durably, and a last one with the totals. " +
			"A refused line does not stop the others. The server reads no faster than it writes.\n\nNeeds a key with the role write.",
		Parameters: append([]*huma.Param{
			{Name: "collection", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}},
		}, uploadQuery()...),
		RequestBody: &huma.RequestBody{Required: true, Content: stream},
		Responses: map[string]*huma.Response{
			"200":     {Description: "A line for each line", Content: stream},
			"default": problemResponse(s.api),
		},
	})
}

// upload is the state of one stream.
type upload struct {
	s      *Server
	ctx    context.Context //nolint:containedctx // it lives as long as the request
	rc     *http.ResponseController
	w      io.Writer
	in     *bufio.Reader
	c      engine.Collection
	cut    *api.Chunking // nil: texts are stored as they are
	write  writer
	client string // who takes slots
	most   int    // bytes of input in a batch
	quiet  bool   // only errors are answered

	account *admit.Account // for the line and the batch in memory

	lines, written, rejected int
	docs                     []db.Document
	at                       []int // the lines of docs
	size                     int
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	// If the client goes away, reading ends, but what was read is still written.
	u := &upload{s: s, ctx: context.WithoutCancel(r.Context()), rc: http.NewResponseController(w), w: w, most: uploadBytes, client: clientOf(r)}
	u.account = s.writeBodies.Account(u.client)
	defer u.account.Close()
	q := r.URL.Query()
	for name := range q {
		// A misspelt mode would replace documents that should be kept.
		if !slices.Contains(uploadNames, name) {
			writeProblem(w, r, problem.Refuse(http.StatusUnprocessableEntity, "invalid_request", "there is no query parameter %.40q", name).At(name).
				Hint(didYouMean(name, uploadNames)))
			return
		}
	}
	if p := u.options(q); p != nil {
		writeProblem(w, r, p)
		return
	}
	var err error
	if u.c, err = s.collectionForWrite(u.ctx, r.PathValue("collection"), q.Get("create") == "true"); err != nil {
		writeProblem(w, r, s.problem(u.ctx, err))
		return
	}
	if u.cut != nil {
		u.most = uploadCutBytes
		if _, err := u.c.Chunks(u.cut.DB()); err != nil { // once, not for every line
			writeProblem(w, r, s.problem(u.ctx, err).At("chunk"))
			return
		}
	}
	body, p := admit.Decoder(r)
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	defer func() { _ = body.Close() }()
	u.in = bufio.NewReaderSize(body, 64<<10)
	_ = u.rc.EnableFullDuplex() // HTTP/2 always is
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	u.run()
}

func (u *upload) options(q url.Values) *problem.Problem {
	var err error
	if u.cut, err = api.ParseChunking(q); err != nil {
		return problem.Of(err)
	}
	switch mode := q.Get("mode"); mode {
	case "", "upsert":
		u.write = upserting(u.cut, new(db.Replaced))
	case "insert":
		u.write = inserting(u.cut)
	default:
		return problem.Refuse(http.StatusBadRequest, "invalid_request", "mode %.40q", mode).At("mode").Hint("use upsert or insert")
	}
	switch results := q.Get("results"); results {
	case "", "all":
	case "errors":
		u.quiet = true
	default:
		return problem.Refuse(http.StatusBadRequest, "invalid_request", "results %.40q", results).At("results").Hint("use all or errors")
	}
	return nil
}

// run reads lines until the stream ends or fails.
func (u *upload) run() {
	var end *problem.Problem
	for end == nil {
		line, err := u.line()
		last := err != nil
		if whole := !last || errors.Is(err, io.EOF); whole && len(bytes.TrimSpace(line)) > 0 {
			u.add(line)
		}
		if last || len(u.docs) >= uploadBatch || u.size >= u.most || len(u.docs) > 0 && u.in.Buffered() == 0 {
			if p := u.flush(); p != nil {
				end = p
				break
			}
		}
		if p, ok := errors.AsType[*problem.Problem](err); ok {
			end = p
		} else if err != nil && !errors.Is(err, io.EOF) {
			end = admit.Unread(err)
		}
		if last {
			break
		}
	}
	answer := api.UploadLine{Done: true, Lines: u.lines, Written: u.written, Rejected: u.rejected}
	if end != nil {
		end.Detail.RequestID = requestID(u.ctx)
		answer.Line, answer.Error = u.lines, &end.Detail
	}
	u.answer(&answer)
}

// line reads a line, within a deadline of its own.
func (u *upload) line() ([]byte, error) {
	l := &u.s.opts.Limits
	_ = u.rc.SetReadDeadline(time.Now().Add(l.Receive))
	u.account.Hold(int64(2 * u.size)) // less than before, if anything
	var line []byte
	for {
		part, err := u.in.ReadSlice('\n')
		if !u.hold(len(line) + len(part)) {
			return nil, u.s.writeBodies.Full()
		}
		line = append(line, part...)
		if len(line) > l.Line {
			u.lines++
			return nil, problem.Refuse(http.StatusRequestEntityTooLarge, "too_large", "line %d has more than %d bytes", u.lines, l.Line)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			u.lines += min(1, len(line))
			return line, err
		}
	}
}

// hold charges the line that is read and the batch before it, which is written early
// if there is no room for both.
func (u *upload) hold(line int) bool {
	// A line and its document are both in memory.
	return u.account.Hold(int64(2*(u.size+line))) || u.flush() == nil && u.account.Hold(int64(2*line))
}

// add checks a line and adds it to the batch, or answers why not.
func (u *upload) add(line []byte) {
	var d api.Document
	if err := json.Unmarshal(line, &d, json.RejectUnknownMembers(true)); err != nil {
		u.reject(u.lines, problem.Refuse(http.StatusBadRequest, "invalid_json", "%s", readable(err)))
		return
	}
	doc := d.DB()
	if doc.ID == "" {
		doc.ID = uuid.Must(uuid.NewV7()).String() // the ids of chunks would not tell it
	}
	if p := u.s.checkText(doc.Text, "text"); p != nil {
		u.reject(u.lines, p)
		return
	}
	if err := u.c.Validate(doc); err != nil {
		u.reject(u.lines, u.s.problem(u.ctx, err))
		return
	}
	u.docs, u.at, u.size = append(u.docs, doc), append(u.at, u.lines), u.size+len(line)
}

// flush writes the batch. If that fails, it writes the documents one by one, to find
// those at fault.
func (u *upload) flush() *problem.Problem {
	if len(u.docs) == 0 {
		return nil
	}
	defer func() { clear(u.docs); u.docs, u.at, u.size = u.docs[:0], u.at[:0], 0 }()
	refused, p := u.store()
	if p != nil {
		return p
	}
	// Without the slot: a client may read slowly.
	_ = u.rc.SetWriteDeadline(time.Now().Add(u.s.opts.Limits.Answer))
	for i := range u.docs {
		if refused != nil && refused[i] != nil {
			u.reject(u.at[i], refused[i])
			continue
		}
		u.accept(i)
	}
	return u.sent()
}

// store writes the batch within a slot. If that fails, refused says why each document
// was refused, or is nil for it.
func (u *upload) store() (refused []*problem.Problem, p *problem.Problem) {
	if err := u.s.writes.EnterStream(u.ctx, u.client); err != nil {
		return nil, u.s.problem(u.ctx, err)
	}
	began := time.Now()
	defer func() { u.s.writes.Leave(u.client, time.Since(began)) }()
	_, err := u.write(u.c, u.ctx, u.docs...)
	if err == nil {
		return nil, nil
	}
	if u.ctx.Err() != nil || errors.Is(err, db.ErrClosed) || errors.Is(err, db.ErrDiskFull) || errors.Is(err, db.ErrReadOnly) {
		return nil, u.s.problem(u.ctx, err)
	}
	refused = make([]*problem.Problem, len(u.docs))
	for i := range u.docs {
		if _, err := u.write(u.c, u.ctx, u.docs[i]); err != nil {
			refused[i] = u.s.problem(u.ctx, err)
		}
	}
	return refused, nil
}

// accept answers for the i-th document of the batch.
func (u *upload) accept(i int) {
	u.written++
	if !u.quiet {
		u.answer(&api.UploadLine{Line: u.at[i], ID: u.docs[i].ID})
	}
}

func (u *upload) reject(line int, p *problem.Problem) {
	u.rejected++
	u.answer(&api.UploadLine{Line: line, Error: &p.Detail})
}

func (u *upload) answer(l *api.UploadLine) {
	if err := json.MarshalWrite(u.w, l); err == nil {
		_, _ = u.w.Write([]byte{'\n'})
	}
}

// sent flushes the answers, within a deadline for clients that do not read them.
func (u *upload) sent() *problem.Problem {
	if err := u.rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return problem.Refuse(problem.StatusClosed, "cancelled", "%s", fmt.Errorf("the client does not read the answers: %w", err))
	}
	return nil
}
