package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// An assistant's client is at the other end of the pipes.
func TestMCPOverStdio(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	code := make(chan int, 1)
	var errOut output
	go func() {
		code <- run(t.Context(), []string{"mcp", "--write", "--db", dir}, in, out, &errOut)
		_ = out.Close()
	}()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).
		Connect(t.Context(), &mcp.IOTransport{Reader: fromServer, Writer: toServer}, nil)
	if err != nil {
		t.Fatal(err, errOut.String())
	}
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "search", Arguments: map[string]any{"collection": "none", "text": "x"}})
	if err != nil || !res.IsError || !strings.Contains(res.Content[0].(*mcp.TextContent).Text, "no_collection") {
		t.Fatal(res, err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	if c := <-code; c != exitOK {
		t.Fatalf("exit code %d: %s", c, &errOut)
	}
	// Without --write no database is created.
	if c := run(t.Context(), []string{"mcp", "--db", filepath.Join(t.TempDir(), "none")}, strings.NewReader(""), io.Discard, &errOut); c == exitOK {
		t.Error("a database that does not exist was opened")
	}
}
