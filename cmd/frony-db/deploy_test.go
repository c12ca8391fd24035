package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The commands, flags and variables in deploy/ and the Dockerfile exist.
func TestDeployedCommands(t *testing.T) {
	root := filepath.Join("..", "..")
	var commands [][]string
	environment := map[string]bool{}
	var entry []string
	for line := range linesOf(t, filepath.Join(root, "Dockerfile")) {
		list := func(after string) (words []string) {
			if err := json.Unmarshal([]byte(after), &words); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			return words
		}
		if _, after, ok := strings.Cut(line, "HEALTHCHECK "); ok {
			_, after, _ = strings.Cut(after, "CMD ")
			commands = append(commands, list(after)[1:])
		} else if after, ok := strings.CutPrefix(line, "ENTRYPOINT "); ok {
			entry = list(after)
		} else if after, ok := strings.CutPrefix(line, "CMD "); ok {
			commands = append(commands, append(entry[1:], list(after)...))
		} else if after, ok := strings.CutPrefix(line, "ENV "); ok {
			for pair := range strings.FieldsSeq(after) {
				name, _, _ := strings.Cut(pair, "=")
				environment[name] = true
			}
		}
	}
	for line := range linesOf(t, filepath.Join(root, "deploy", "frony-db.service")) {
		if after, ok := strings.CutPrefix(line, "ExecStart="); ok {
			commands = append(commands, strings.Fields(after)[1:])
		}
	}
	if len(commands) != 3 {
		t.Fatalf("%q, want the image's, its health check's and the unit's", commands)
	}
	cobra := (&app{}).root()
	serve, _, err := cobra.Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range commands {
		c, rest, err := cobra.Find(args)
		if err != nil || c == cobra {
			t.Errorf("%q: %v", args, err)
			continue
		}
		if err := c.ParseFlags(rest); err != nil || c.Flags().NArg() > 0 {
			t.Errorf("%q: %v", args, err)
		}
	}
	for file, volumes := range map[string]int{"compose.yaml": 1, "compose.postgres.yaml": 0, "compose.opensearch.yaml": 0} {
		b, err := os.ReadFile(filepath.Join(root, "deploy", file))
		if err != nil {
			t.Fatal(err)
		}
		var compose struct {
			Services map[string]struct {
				Environment map[string]string
				Volumes     []string
			}
		}
		if err := yaml.Unmarshal(b, &compose); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		service := compose.Services["frony-db"]
		if len(service.Environment) == 0 {
			t.Errorf("%s gives the server no environment", file)
		}
		for name := range service.Environment {
			environment[name] = true
		}
		if len(service.Volumes) != volumes || volumes > 0 && !strings.HasSuffix(service.Volumes[0], ":/data") {
			t.Errorf("%s: volumes %q, want %d, at the image's /data", file, service.Volumes, volumes)
		}
	}
	for name := range environment {
		flag := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "FRONYDB_")), "_", "-")
		if name != "FRONYDB_ADMIN_KEY" && serve.Flag(flag) == nil {
			t.Errorf("%s names no flag of serve", name)
		}
	}
}

func linesOf(t *testing.T, path string) func(func(string) bool) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(string) bool) {
		defer func() { _ = f.Close() }()
		for s := bufio.NewScanner(f); s.Scan() && yield(s.Text()); {
		}
	}
}
