package main

import (
	"math/rand/v2"
	"net"
	"strings"
	"testing"
)

// A slip in a command is answered with what is wrong and, where there is one, the way
// out: without the names of system calls and temporary files.
func TestSlipsOfUsers(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", `{"id":"1","text":"서울의 봄"}`+"\n")
	c.write("items.csv", "id,text\n1,사과\n")
	noise := make([]byte, 1000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	c.write("broken.jsonl.gz", string(noise))
	c.ok("import", "docs.jsonl", "-q")
	c.ok("backup", "all.bak")
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for _, test := range []struct {
		code int
		args []string
		want string
	}{
		{exitError, []string{"import", "none.jsonl"}, "frony-db: none.jsonl: no such file or directory\n"},
		{exitError, []string{"import", "docs.jsonl", "-c", "a b"}, "frony-db: open collection a b: invalid collection name"},
		{exitRejects, []string{"import", "broken.jsonl.gz"}, "it is named .gz, and is neither compressed nor text"},
		{exitRejects, []string{"import", "items.csv", "--id-field", "sku"}, `"sku" (--id-field) is not among ["id" "text"]`},
		{exitOK, []string{"import", "docs.jsonl", "--id-field", "sku"}, `no record has the field "sku" (--id-field)`},
		{exitError, []string{"export", "-o", "none/docs.jsonl"}, "frony-db: none: no such file or directory\n"},
		{exitError, []string{"backup", "none/all.bak"}, "frony-db: backup: none: no such file or directory\n"},
		{exitError, []string{"restore", "all.bak"}, "the directory is not empty; name a new one"},
		{exitUsage, []string{"restore", "all.bak", "all.bak", "--db", "new"}, "all.bak is named twice"},
		{exitError, []string{"serve", "--addr", taken.Addr().String()}, "another program listens on " + taken.Addr().String() + "; stop it, or choose another address with --addr"},
		{exitOK, []string{"search", "봄", "-k", "1"}, "1 result in"},
	} {
		r := c.run("", test.args...)
		if r.code != test.code || !strings.Contains(r.err, test.want) {
			t.Errorf("%q: code %d, %q, want %q", test.args, r.code, r.err, test.want)
		}
	}
}
