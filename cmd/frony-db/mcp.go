package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

func (a *app) mcp() *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use:   "mcp",
		Short: "Serve the database to an assistant over the Model Context Protocol",
		Long: `mcp speaks the Model Context Protocol on standard input and output. Its tools are
search, get, list, facets and list_collections, and with --write also upsert, update
and delete. Texts longer than the model's context are stored in chunks.

Several assistants can read one database at a time. Only one process can write to
it: for several, run 'frony-db serve --mcp-write' once, and give each assistant
'mcp --server URL', which passes its messages on. What it may do there is for the
server and the key to say.`,
		Example: `  {"mcpServers": {"notes": {"command": "frony-db", "args": ["mcp", "--db", "/home/me/notes"]}}}
  {"mcpServers": {"notes": {"command": "frony-db", "args": ["mcp", "--server", "127.0.0.1:7700"]}}}`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.server != "" {
				return a.bridge(c.Context())
			}
			err := a.runMCP(c.Context(), write)
			if errors.Is(err, db.ErrLocked) {
				err = fmt.Errorf("%w; to share it, run 'frony-db serve --mcp-write' once and start each assistant with 'mcp --server URL'", err)
				a.answerStart(err)
			}
			return err
		},
	}
	c.Flags().BoolVar(&write, "write", false, "also offer the tools upsert, update and delete, and create collections")
	return c
}

func (a *app) runMCP(ctx context.Context, write bool) error {
	if a.engine != "" {
		d, e, err := a.openEngine(ctx, !write)
		if err != nil {
			return err
		}
		defer a.closeServed(d)
		return a.speakMCP(ctx, d, e, write)
	}
	e, err := a.servedModel(ctx)
	if err != nil {
		return wayIn(err)
	}
	var d *db.DB
	if write {
		d, err = db.Open(a.dir, &db.Options{Logger: a.log, Embedder: e, AllowModelMismatch: true})
	} else {
		d, err = a.openToReadWith(db.Options{Embedder: e, AllowModelMismatch: true})
	}
	if err != nil {
		return wayIn(err)
	}
	defer a.close(d)
	return a.speakMCP(ctx, engine.Local(d), e, write)
}

func (a *app) speakMCP(ctx context.Context, d engine.DB, e embedder.Embedder, write bool) error {
	s, err := server.New(d, &server.Options{Embedder: e, ReadOnly: !write, MCPWrites: write, Version: buildVersion(), Logger: a.log})
	if err != nil {
		return err
	}
	if err := s.Warm(ctx); err != nil {
		return err
	}
	return s.MCP().Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(a.in), Writer: nopCloser{a.out}})
}

// answerStart answers an assistant's requests with an error, up to the one that starts
// the session: assistants show it, and what a program prints to standard error they
// often don't.
func (a *app) answerStart(why error) {
	in := bufio.NewScanner(a.in)
	in.Buffer(nil, bridgeMessage)
	for in.Scan() {
		if answer := rpcError(in.Bytes(), why); answer != nil {
			_, _ = a.out.Write(append(answer, '\n'))
		}
		if bytes.Contains(in.Bytes(), []byte(`"initialize"`)) {
			return
		}
	}
}

// rpcError answers a JSON-RPC request with an error, or is nil for a notification.
func rpcError(request []byte, why error) []byte {
	var r struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal(request, &r) != nil || len(r.ID) == 0 {
		return nil
	}
	const serverError = -32000
	b, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": r.ID, "error": map[string]any{"code": serverError, "message": why.Error()},
	})
	if err != nil {
		return nil
	}
	return b
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
