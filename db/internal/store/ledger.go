package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// ledgerFile says which transaction was acknowledged last. Badger cannot know: a log
// that was deleted, or cut at the end of a transaction, looks to it like one in which
// no more was written.
//
// Each commit writes 48 bytes into it, into the page cache and not to the disk: a
// few microseconds. So it is exact after a kill. After a power failure it may be
// older than the store, never newer: the store's log is on disk before it is written.
// With SyncEvery that does not hold, and the file says how far the log is on disk.
//
//	slot, at 0 and at 512, in turn:
//	magic "FRONYLGR" · version u32 = 1 · CRC-32C u32 of what follows
//	count u64 · written u64 · synced u64 · garbage u64
const (
	ledgerFile    = "LEDGER"
	ledgerMagic   = "FRONYLGR"
	ledgerVersion = 1
	ledgerSlot    = 512
	ledgerSize    = 16 + 4*8
)

// acknowledged is what a ledger says.
type acknowledged struct {
	count   uint64 // of the writes to the ledger
	written uint64 // the newest transaction
	synced  uint64 // the newest that is certainly on disk
	garbage uint64 // bytes of what was deleted or replaced, and not compacted: an estimate
}

// readLedger reads the ledger of a store. ok is false if there is none, or none that
// can be read.
func readLedger(dir string) (a acknowledged, ok bool, err error) {
	b := make([]byte, ledgerSlot+ledgerSize)
	f, err := os.Open(filepath.Join(dir, ledgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return a, false, nil
	}
	if err != nil {
		return a, false, err
	}
	defer f.Close() //nolint:errcheck // only read
	if _, err := io.ReadFull(f, b); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return a, false, fmt.Errorf("%s: %w", ledgerFile, err)
	}
	for _, slot := range [][]byte{b[:ledgerSize], b[ledgerSlot:]} {
		if got, sound := decodeLedger(slot); sound && (!ok || got.count > a.count) {
			a, ok = got, true
		}
	}
	return a, ok, nil
}

func decodeLedger(b []byte) (a acknowledged, ok bool) {
	if string(b[:8]) != ledgerMagic || binary.LittleEndian.Uint32(b[8:]) != ledgerVersion ||
		binary.LittleEndian.Uint32(b[12:]) != crc32.Checksum(b[16:], castagnoli) {
		return a, false
	}
	return acknowledged{
		count:   binary.LittleEndian.Uint64(b[16:]),
		written: binary.LittleEndian.Uint64(b[24:]),
		synced:  binary.LittleEndian.Uint64(b[32:]),
		garbage: binary.LittleEndian.Uint64(b[40:]),
	}, true
}

func (a *acknowledged) encode() []byte {
	b := append(make([]byte, 0, ledgerSize), ledgerMagic...)
	b = binary.LittleEndian.AppendUint32(b, ledgerVersion)
	b = append(b, 0, 0, 0, 0)
	for _, n := range []uint64{a.count, a.written, a.synced, a.garbage} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	binary.LittleEndian.PutUint32(b[12:], crc32.Checksum(b[16:], castagnoli))
	return b
}

// ledger is the ledger of an open store. A nil one is that of a store that is only read.
type ledger struct {
	mu sync.Mutex
	f  *os.File
	acknowledged
}

// openLedger opens the ledger for writing. was is what it said.
func openLedger(dir string, was acknowledged) (*ledger, error) {
	f, err := os.OpenFile(filepath.Join(dir, ledgerFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &ledger{f: f, acknowledged: was}, nil
}

// wrote notes a transaction, whether it is on disk, and how much garbage there is.
func (l *ledger) wrote(ts uint64, synced bool, garbage uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.garbage = garbage
	l.written = max(l.written, ts)
	if synced {
		l.synced = max(l.synced, ts)
	}
	return l.put()
}

// put writes the slot whose turn it is. l.mu is held.
func (l *ledger) put() error {
	l.count++
	_, err := l.f.WriteAt(l.encode(), int64(l.count%2)*ledgerSlot)
	return err
}

// close makes the ledger durable and closes it.
func (l *ledger) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.f.Sync(), l.f.Close())
}
