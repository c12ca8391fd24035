package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// Badger writes each transaction to a write-ahead log (*.mem), and values above
// 1 MiB to a value log (*.vlog) before that. Both begin with a header and hold
// entries; in a write-ahead log an entry of its own ends each transaction:
//
//	┌────────┬─────────┬───┐           ┌──────┬──────┬──────┬──────┬─────────┬─────┬───────┬────────────┐
//	│ header │ entry 0 │ … │   entry:  │ meta │ user │ klen │ vlen │ expires │ key │ value │ CRC-32C u32│
//	│ 20 B   │         │   │           │ u8   │ u8   │ uvar │ uvar │ uvarint │     │       │ big-endian │
//	└────────┴─────────┴───┘           └──────┴──────┴──────┴──────┴─────────┴─────┴───────┴────────────┘
//
// At opening, Badger takes the first entry that does not fit for the end of the log,
// and cuts the log there. That is right for a transaction that a kill tore, and
// wrong for one that was damaged later: all that was acknowledged after it would be
// gone without a word. So logs are read here first.
const (
	logHeader = 20

	metaTxn = 1 << 6 // the entry belongs to a transaction
	metaFin = 1 << 7 // the entry ends one

	txnEnd = "!badger!txn"
)

// logEntry is an entry of a log that has its checksum.
type logEntry struct {
	at, end int // in the log
	meta    byte
	key     []byte // with its version
	value   []byte
}

// parseEntry reads the entry at the beginning of b.
func parseEntry(b []byte) (e logEntry, ok bool) {
	if len(b) < 9 || b[1] != 0 { // this store sets no user's meta
		return e, false
	}
	at := 2
	var n [3]uint64 // lengths of key and value, and when it expires
	for i := range n {
		x, k := binary.Uvarint(b[at:])
		if k <= 0 {
			return e, false
		}
		n[i], at = x, at+k
	}
	rest := uint64(len(b) - at)
	if n[0] == 0 || n[0] > 1<<16 || n[1] > rest || n[0]+n[1]+4 > rest || n[2] != 0 {
		return e, false
	}
	end := at + int(n[0]+n[1])
	if binary.BigEndian.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
		return e, false
	}
	e = logEntry{end: end + 4, meta: b[0], key: b[at : at+int(n[0])], value: b[at+int(n[0]) : end]}
	return e, true
}

// transaction is what is left of a transaction in a log, or of its remains.
type transaction struct {
	ts      uint64
	at, end int
	entries []logEntry
	whole   bool
}

// logFile is a log as it lies on disk.
type logFile struct {
	path string
	data []byte // up to the last byte that is not zero

	sound  int // bytes that Badger reads without stopping
	newest uint64
	txns   []transaction // those that Badger would read
	behind []transaction // what stands behind damage, whole or not
	values bool          // a value log: its entries are not grouped
}

// readLog reads a log. It returns nil for a file that ends within its header.
func readLog(path string) (*logFile, error) {
	b, err := readSparse(path)
	if err != nil || len(b) < logHeader {
		return nil, err
	}
	l := &logFile{path: path, data: b, values: filepath.Ext(path) == ".vlog"}
	l.sound = l.scan(logHeader)
	if l.sound < len(l.data) {
		l.scanBehind()
	}
	return l, nil
}

// readSparse reads a file without the zeros at its end: a log that was not closed is
// a sparse file of 128 MiB.
func readSparse(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	var all []byte
	zeros := 0 // read, and not in all yet
	part, blank := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		n, err := f.Read(part)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		kept := 0
		if !bytes.Equal(part[:n], blank[:n]) {
			kept = len(bytes.TrimRight(part[:n], "\x00"))
			all = append(append(all, make([]byte, zeros)...), part[:kept]...)
			zeros = 0
		}
		zeros += n - kept
	}
	if len(all) < logHeader && len(all)+zeros >= logHeader {
		all = append(all, make([]byte, logHeader-len(all))...)
		zeros = 0
	}
	// An entry may end in zeros: its checksum, for one.
	return append(all, make([]byte, min(zeros, 64))...), nil
}

// scan reads transactions from at as Badger does, and returns where it stops.
func (l *logFile) scan(at int) (sound int) {
	sound = at
	var open transaction
	for at < len(l.data) {
		e, ok := parseEntry(l.data[at:])
		if !ok {
			return sound
		}
		e.at, e.end = at, at+e.end
		at = e.end
		ts := versionOf(e.key)
		switch {
		case l.values || e.meta&(metaTxn|metaFin) == 0:
			if open.entries != nil {
				return sound
			}
			l.add(transaction{ts: ts, at: e.at, end: e.end, entries: []logEntry{e}, whole: true})
		case e.meta&metaTxn != 0:
			if open.entries == nil {
				open = transaction{ts: ts, at: e.at}
			}
			if open.ts != ts {
				return sound
			}
			open.entries = append(open.entries, e)
			continue
		default:
			if end, err := strconv.ParseUint(string(e.value), 10, 64); err != nil || end != open.ts {
				return sound
			}
			open.end, open.whole = e.end, true
			l.add(open)
			open = transaction{}
		}
		sound = e.end
	}
	return sound
}

func (l *logFile) add(t transaction) {
	l.txns = append(l.txns, t)
	l.newest = max(l.newest, t.ts)
}

// scanBehind looks for what stands behind the place where Badger stops.
func (l *logFile) scanBehind() {
	b := behind{follows: true}
	for at := l.sound; at < len(l.data); {
		e, ok := parseEntry(l.data[at:])
		if !ok {
			b.gap++
			at++
			continue
		}
		e.at, e.end = at, at+e.end
		at = e.end
		b.entry(e, l.values)
	}
	b.flush()
	l.behind = b.txns
}

// behind collects transactions that may have holes.
type behind struct {
	txns    []transaction
	cur     *transaction
	gap     int  // bytes since the last entry that could not be read
	follows bool // what comes next begins where a transaction has ended
}

func (b *behind) entry(e logEntry, alone bool) {
	ts := versionOf(e.key)
	if b.gap > 0 {
		b.follows = false
		// If nothing but the entry that ends a transaction is damaged, it is known
		// what that entry said.
		if b.cur != nil && b.cur.ts != ts && b.gap == endLength(ts) {
			b.follows = true
		} else if b.cur != nil {
			b.cur.whole = false
		}
		b.gap = 0
	} else if b.cur != nil && b.cur.ts != ts {
		b.cur.whole, b.follows = false, false // its end is missing without a trace
	}
	if b.cur != nil && b.cur.ts != ts {
		b.push()
	}
	if alone || e.meta&(metaTxn|metaFin) == 0 {
		b.txns = append(b.txns, transaction{ts: ts, at: e.at, end: e.end, entries: []logEntry{e}, whole: true})
		b.follows = true
		return
	}
	if b.cur == nil {
		b.cur = &transaction{ts: ts, at: e.at, whole: b.follows}
	}
	b.cur.end, b.follows = e.end, false
	if e.meta&metaFin != 0 {
		b.push()
		b.follows = true
		return
	}
	b.cur.entries = append(b.cur.entries, e)
}

func (b *behind) push() {
	b.txns = append(b.txns, *b.cur)
	b.cur = nil
}

// flush ends the last transaction, which has no end.
func (b *behind) flush() {
	if b.cur != nil {
		b.cur.whole = false
		b.push()
	}
}

// endLength is the length of the entry that ends a transaction.
func endLength(ts uint64) int {
	return 5 + len(txnEnd) + 8 + len(strconv.FormatUint(ts, 10)) + 4
}

// tornAt is the timestamp of the transaction at which Badger would stop, or 0 if
// nothing of it can be read. It is not the newest if others stand behind it.
func (l *logFile) tornAt() uint64 {
	if len(l.behind) > 0 {
		return l.behind[0].ts
	}
	return 0
}

// later is the number of transactions that stand behind the one at which Badger would
// stop. If there are any, that one was not torn by a kill.
func (l *logFile) later() (n int) {
	last := l.tornAt()
	for _, t := range l.behind {
		if t.ts != last {
			last = t.ts
			n++
		}
	}
	if n == 0 && len(l.behind) > 0 && l.behind[0].whole {
		n = 1 // its own beginning cannot be read
	}
	return n
}

// dirty reports whether something stands behind the place where Badger stops.
func (l *logFile) dirty() bool {
	return l.sound < len(l.data) && len(bytes.TrimRight(l.data[l.sound:], "\x00")) > 0
}
