package office

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// The errors that callers tell apart.
var (
	// ErrFormat is returned for a file that is no office file of the kind, is encrypted,
	// or is of before 2007.
	ErrFormat = errors.New("not an office file of this kind")
	// ErrCorrupt is returned for a file whose parts can't be read.
	ErrCorrupt = errors.New("damaged office file")
	// ErrSheet is returned for a sheet that is not in the file.
	ErrSheet = errors.New("no such sheet")
)

// maxPart is how many bytes a part that is kept in memory may have, and maxStream one
// that is read in passing: a small file can hold a large part.
const (
	maxPart   = 256 << 20
	maxStream = 4 << 30
)

// magicOLE begins the files of before 2007, and encrypted ones of any year.
var magicOLE = []byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}

// archive is the ZIP file that an office file is.
type archive struct {
	parts map[string]*zip.File // by name in lower case: names differ by nothing else
}

func openArchive(at io.ReaderAt, size int64) (*archive, error) {
	var head [8]byte
	if n, err := at.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	} else if bytes.Equal(head[:n], magicOLE) {
		return nil, fmt.Errorf("%w: it is encrypted, or of a program of before 2007; save it without a password as .xlsx or .docx", ErrFormat)
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	a := &archive{parts: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		a.parts[strings.ToLower(f.Name)] = f
	}
	return a, nil
}

// open opens a part to read it in passing. It returns fs.ErrNotExist if there is none.
func (a *archive) open(name string) (io.ReadCloser, error) {
	f := a.parts[strings.ToLower(name)]
	if f == nil {
		return nil, fmt.Errorf("%w: the part %q: %w", ErrFormat, name, fs.ErrNotExist)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: the part %q: %w", ErrCorrupt, name, err)
	}
	return r, nil
}

// decode parses a whole part.
func (a *archive) decode(name string, v any) error {
	return a.stream(name, maxPart, func(dec *xml.Decoder) error { return dec.Decode(v) })
}

// stream reads a part of at most so many bytes. It reads on to the part's end, where its
// checksum is compared.
func (a *archive) stream(name string, most int64, read func(*xml.Decoder) error) error {
	r, err := a.open(name)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read from
	limited := &io.LimitedReader{R: r, N: most}
	if err = read(newDecoder(limited)); err == nil || errors.Is(err, io.EOF) {
		_, err = io.Copy(io.Discard, limited)
	}
	switch {
	case limited.N == 0:
		return fmt.Errorf("%w: the part %q has more than %d bytes", ErrCorrupt, name, most)
	case err != nil:
		return fmt.Errorf("%w: the part %q: %w", ErrCorrupt, name, err)
	}
	return nil
}

// relations are the parts that a part refers to, by id and by the last word of their type.
type relations struct {
	byID   map[string]string
	byType map[string]string
}

// relations reads what a part refers to. A part that is alone in its folder may have no
// such list.
func (a *archive) relations(part string) (relations, error) {
	out := relations{byID: map[string]string{}, byType: map[string]string{}}
	dir, base := path.Split(part)
	var list struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
		}
	}
	err := a.decode(dir+"_rels/"+base+".rels", &list)
	if errors.Is(err, fs.ErrNotExist) {
		for name := range a.parts {
			if dir != "" && name != strings.ToLower(part) && strings.HasPrefix(name, strings.ToLower(dir)) {
				return out, fmt.Errorf("%w: nothing leads to the part %q", ErrCorrupt, name)
			}
		}
		return out, nil
	}
	for _, r := range list.Relationship {
		if r.Mode == "External" {
			continue
		}
		target := path.Join(dir, r.Target)
		if strings.HasPrefix(r.Target, "/") {
			target = path.Clean(r.Target[1:])
		}
		out.byID[r.ID] = target
		out.byType[path.Base(r.Type)] = target
	}
	return out, err
}

// main is the part that the file is about.
func (a *archive) main() (string, error) {
	r, err := a.relations("")
	if err != nil {
		return "", err
	}
	name, ok := r.byType["officeDocument"]
	if !ok {
		return "", fmt.Errorf("%w: it has no document", ErrFormat)
	}
	return name, nil
}
