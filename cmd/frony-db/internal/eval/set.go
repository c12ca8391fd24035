package eval

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Set is documents, queries, and judgements of which documents answer which query.
type Set struct {
	Name      string // the folder's
	Documents []Document
	Queries   []Query // with a judgement, in the order of the file
	Unjudged  int     // queries without a judgement, which are skipped
	Grades    Grades
}

// A Document of a set.
type Document struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Lang  string `json:"lang"`
}

// A Query of a set.
type Query struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Lang string `json:"lang"`
}

// Grades are judgements by query id and document id, from 0 for not relevant.
type Grades map[string]map[string]int

// A FileError is an error in one of a set's files.
type FileError struct {
	Path string
	Line int // from 1; 0 means the whole file
	Err  error
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Load reads a set from a folder. It also reads the BEIR layout: "_id" for "id", and
// qrels/test.tsv with a header line. Errors are FileErrors and name the line.
func Load(dir string) (*Set, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Set{Name: filepath.Base(abs), Grades: make(Grades)}
	docs := make(map[string]bool)
	err = readJSONL(filepath.Join(dir, "corpus.jsonl"), docs, func(l *line) {
		s.Documents = append(s.Documents, Document{l.ID, l.Title, l.Text, l.Lang})
	})
	if err != nil {
		return nil, err
	}
	var all []Query
	queries := make(map[string]bool)
	err = readJSONL(filepath.Join(dir, "queries.jsonl"), queries, func(l *line) {
		all = append(all, Query{l.ID, l.Text, l.Lang})
	})
	if err != nil {
		return nil, err
	}
	if err := s.readGrades(dir, queries, docs); err != nil {
		return nil, err
	}
	for _, q := range all {
		if s.Grades.relevant(q.ID) > 0 {
			s.Queries = append(s.Queries, q)
		} else {
			s.Unjudged++
		}
	}
	if len(s.Queries) == 0 {
		return nil, &FileError{Path: filepath.Join(dir, "queries.jsonl"), Err: errors.New("no query has a relevant document")}
	}
	return s, nil
}

// relevant returns the number of relevant documents of a query.
func (g Grades) relevant(query string) (n int) {
	for _, grade := range g[query] {
		if grade > 0 {
			n++
		}
	}
	return n
}

type line struct {
	Document
	BEIR string `json:"_id"`
}

// readJSONL calls add with each line that is not blank, and adds its id to ids.
func readJSONL(path string, ids map[string]bool, add func(*line)) error {
	err := eachLine(path, func(text string) error {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			return fmt.Errorf("not a JSON object of strings: %w", err)
		}
		l.ID = cmp.Or(l.ID, l.BEIR)
		switch {
		case l.ID == "":
			return errors.New(`"id" is missing`)
		case strings.ContainsAny(l.ID, "\t\n"):
			return fmt.Errorf("id %q: ids must not contain tabs or line breaks", l.ID)
		case ids[l.ID]:
			return fmt.Errorf("id %q appears twice", l.ID)
		case strings.TrimSpace(l.Text) == "" && strings.TrimSpace(l.Title) == "":
			return fmt.Errorf(`id %q: "text" is missing or empty`, l.ID)
		}
		ids[l.ID] = true
		add(&l)
		return nil
	})
	if err == nil && len(ids) == 0 {
		return &FileError{Path: path, Err: errors.New("nothing in it")}
	}
	return err
}

func (s *Set) readGrades(dir string, queries, docs map[string]bool) error {
	path := filepath.Join(dir, "qrels.tsv")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if beir := filepath.Join(dir, "qrels", "test.tsv"); exists(beir) {
			path = beir
		}
	}
	first := true
	return eachLine(path, func(text string) error {
		fields := strings.Split(text, "\t")
		title := first && fields[0] == "query-id"
		first = false
		if title {
			return nil
		}
		if len(fields) < 2 || len(fields) > 3 {
			return fmt.Errorf("%d columns: want query id, document id and optionally a grade, separated by tabs", len(fields))
		}
		grade := 1
		if len(fields) == 3 {
			var err error
			if grade, err = strconv.Atoi(strings.TrimSpace(fields[2])); err != nil || grade < 0 {
				return fmt.Errorf("grade %q: want a whole number from 0", fields[2])
			}
		}
		query, doc := fields[0], strings.TrimSpace(fields[1])
		if !queries[query] {
			return fmt.Errorf("query %q is not in queries.jsonl", query)
		}
		if !docs[doc] {
			return fmt.Errorf("document %q is not in corpus.jsonl", doc)
		}
		if s.Grades[query] == nil {
			s.Grades[query] = make(map[string]int)
		}
		if before, ok := s.Grades[query][doc]; ok && before != grade {
			return fmt.Errorf("query %q, document %q: judged both %d and %d", query, doc, before, grade)
		}
		s.Grades[query][doc] = grade
		return nil
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// eachLine calls use with each line that is not blank, of any length, without its
// line break.
func eachLine(path string, use func(text string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	r := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		text, err := r.ReadString('\n')
		if err != nil && err != io.EOF {
			return &FileError{path, n, err}
		}
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		text = strings.TrimRight(text, "\r\n")
		if strings.TrimSpace(text) != "" {
			if err := use(text); err != nil {
				return &FileError{path, n, err}
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}
