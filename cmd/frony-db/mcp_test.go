//go:build unix

package main

import (
	"encoding/json"
	"io"
	"os"
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

// assistant runs mcp with the arguments and returns a client of it.
func assistant(t *testing.T, args ...string) (*mcp.ClientSession, error) {
	t.Helper()
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(t.Context(), append([]string{"mcp"}, args...), in, out, &output{})
		_ = out.Close()
	}()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).
		Connect(t.Context(), &mcp.IOTransport{Reader: fromServer, Writer: toServer}, nil)
	t.Cleanup(func() {
		if session != nil {
			_ = session.Close()
		}
		_ = toServer.Close()
		_ = fromServer.Close()
		<-ended
	})
	return session, err
}

func callText(t *testing.T, s *mcp.ClientSession, tool, arguments string) string {
	t.Helper()
	res, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatal(err)
	}
	return res.Content[0].(*mcp.TextContent).Text
}

// Several assistants read one database; one that writes has it alone, and the next is
// told what to do, where an assistant shows it.
func TestMCPShared(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl", "--db", "./db")
	var readers []*mcp.ClientSession
	for range 3 {
		s, err := assistant(t, "--db", "./db")
		if err != nil {
			t.Fatal(err)
		}
		readers = append(readers, s)
	}
	for _, s := range readers {
		if got := callText(t, s, "search", `{"collection":"default","text":"화산"}`); !strings.Contains(got, "화산") {
			t.Error(got)
		}
	}
	if _, err := assistant(t, "--write", "--db", "./db"); err == nil || !strings.Contains(err.Error(), "mcp --server URL") {
		t.Errorf("a writer beside readers: %v", err)
	}
	for _, s := range readers {
		_ = s.Close()
	}
	writer, err := assistant(t, "--write", "--db", "./fresh")
	if err != nil {
		t.Fatal(err)
	}
	if got := callText(t, writer, "upsert", `{"collection":"new","documents":[{"id":"1","text":"x"}]}`); !strings.Contains(got, `"created":true`) {
		t.Error(got)
	}
	for _, args := range [][]string{{"--db", "./fresh"}, {"--write", "--db", "./fresh"}} {
		if _, err := assistant(t, args...); err == nil || !strings.Contains(err.Error(), "mcp --server URL") || !strings.Contains(err.Error(), "process") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// mcp --server passes messages on, numbers and all.
func TestMCPBridge(t *testing.T) {
	line, secret := makeKey(t, "assistant", "--role", "admin")
	keyFile := filepath.Join(t.TempDir(), "keys.txt")
	if err := os.WriteFile(keyFile, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	url, _, _ := serveFor(t, "--mcp-write", "--keys", keyFile)
	for range 2 {
		s, err := assistant(t, "--server", url, "--key", secret)
		if err != nil {
			t.Fatal(err)
		}
		callText(t, s, "upsert", `{"collection":"notes","documents":[{"id":"1","text":"a line\nand another","metadata":{"n":9007199254740993,"f":1.0}}]}`)
		got := callText(t, s, "get", `{"collection":"notes","ids":["1"]}`)
		if !strings.Contains(got, `"n":9007199254740993`) || !strings.Contains(got, `"f":1.0`) || !strings.Contains(got, `a line\nand another`) {
			t.Error(got)
		}
	}
	for want, args := range map[string][]string{
		"FRONYDB_KEY":        {"--server", url},
		"does not know this": {"--server", url, "--key", "wrong"},
		"can't be reached":   {"--server", "127.0.0.1:1"},
	} {
		if _, err := assistant(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
