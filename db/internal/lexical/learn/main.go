// Learn makes the tables of words that the lexical index has built in, from pairs of
// texts in two languages and names in both.
//
//	go run ./db/internal/lexical/learn PAIRS.jsonl.gz NAMES.tsv
//
// A line of pairs is {"q", "p", "lang", "source"}: two texts that belong together, their
// languages (ko-en), and where they are from. A line of names is a kind, the Korean and the English name.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: learn PAIRS.jsonl.gz NAMES.tsv")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(pairsPath, namesPath string) error {
	ps, err := readPairs(pairsPath)
	if err != nil {
		return err
	}
	ns, err := readNames(namesPath)
	if err != nil {
		return err
	}
	if err := background(ps); err != nil {
		return err
	}
	if err := asking(ps); err != nil {
		return err
	}
	return loans(append(ns, ps...))
}

// A pair is two texts that belong together.
type pair struct {
	Q      string `json:"q"`
	P      string `json:"p"`
	Lang   string `json:"lang"`
	Source string `json:"source"`
}

func readPairs(path string) ([]pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var all []pair
	for d := json.NewDecoder(z); ; {
		var p pair
		if err := d.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, p)
	}
}

func readNames(path string) ([]pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	var all []pair
	s := bufio.NewScanner(f)
	for s.Scan() {
		if c := strings.Split(s.Text(), "\t"); len(c) == 3 && c[0] != "emoji" {
			all = append(all, pair{Q: c[1], P: c[2], Lang: "ko-en"})
		}
	}
	return all, s.Err()
}
