package source

import (
	"bufio"
	"errors"
	"io"
)

// line is one line of text without its line break. Its bytes belong to the lineReader
// and are valid until the next call.
type line struct {
	text    []byte
	no      int64 // from 1
	offset  int64 // of its first byte
	size    int64 // bytes up to the next line, line break included
	tooLong bool  // text is only the beginning
}

// lineReader splits text into lines of at most limit bytes. Of a longer line it keeps
// only the beginning, so that memory stays close to the limit.
type lineReader struct {
	r      *bufio.Reader
	limit  int
	keep   int // bytes kept of a line over the limit
	long   []byte
	no     int64
	offset int64
}

// longBuffer is the largest buffer for long lines that is kept between lines, so that
// one giant line does not occupy memory for the rest of the file.
const longBuffer = 1 << 20

func newLineReader(r io.Reader, limit, keep int) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 128<<10), limit: limit, keep: min(keep, limit)}
}

// next returns the next line, io.EOF after the last, or an error of the reader. Part
// of a line before such an error is not returned, since it may be incomplete.
func (l *lineReader) next() (line, error) {
	text, err := l.r.ReadSlice('\n')
	n := int64(len(text))
	tooLong := len(trimBreak(text)) > l.limit
	if tooLong {
		text = text[:l.keep]
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		text, n, tooLong, err = l.readLong(text, n, tooLong)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return line{}, err
	}
	if n == 0 {
		return line{}, io.EOF
	}
	l.no++
	ln := line{text: trimBreak(text), no: l.no, offset: l.offset, size: n, tooLong: tooLong}
	l.offset += n
	return ln, nil
}

// readLong reads the rest of a line that did not fit bufio's buffer.
func (l *lineReader) readLong(head []byte, n int64, tooLong bool) ([]byte, int64, bool, error) {
	if cap(l.long) > longBuffer {
		l.long = nil
	}
	l.long = append(l.long[:0], head...)
	for {
		part, err := l.r.ReadSlice('\n')
		n += int64(len(part))
		if !tooLong {
			l.long = append(l.long, part...)
			if len(trimBreak(l.long)) > l.limit {
				tooLong = true
				l.long = append([]byte(nil), l.long[:l.keep]...)
			}
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l.long, n, tooLong, err
		}
	}
}

// trimBreak removes one "\n" or "\r\n" from the end.
func trimBreak(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
		if n := len(b); n > 0 && b[n-1] == '\r' {
			b = b[:n-1]
		}
	}
	return b
}
