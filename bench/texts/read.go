package texts

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Read reads the first n passages of a JSONL file (all for n = 0): the "text" of each
// object, with its "title" above it as a database embeds it.
func Read(path string, n int) (passages []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	d := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	for n == 0 || len(passages) < n {
		var o struct{ Title, Text string }
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: object %d: %w", path, len(passages)+1, err)
		}
		p := strings.TrimSpace(o.Title + "\n" + o.Text)
		if p == "" {
			return nil, fmt.Errorf(`%s: object %d has no "text"`, path, len(passages)+1)
		}
		passages = append(passages, p)
	}
	return passages, nil
}

// Questions reads the first n questions of a file (all for n = 0), one a line.
func Questions(path string, n int) (questions []string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		if n > 0 && len(questions) == n {
			break
		}
		if q := strings.TrimSpace(line); q != "" {
			questions = append(questions, q)
		}
	}
	if len(questions) == 0 {
		return nil, fmt.Errorf("%s: no question: want one a line", path)
	}
	return questions, nil
}

// Kind is the kind of the questions in a file: its name, without the extension and
// without "queries-" before it.
func Kind(path string) string {
	name := filepath.Base(path)
	return strings.TrimPrefix(strings.TrimSuffix(name, filepath.Ext(name)), "queries-")
}
