package store

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
)

// After a failed sync, a disk may report success the next time although the pages
// it could not write are gone (Rebello et al., "Can Applications Recover from fsync
// Failures?", ATC 2020). So the store then stops writing. What was synced is safe,
// and the next opening reads the logs as far as they are whole.

// fail makes all further writes fail.
func (s *Store) fail(err error) {
	why := fmt.Errorf("the disk failed and writes are no longer accepted (%w): close the database, check the disk, and open it again", err)
	if !s.failed.CompareAndSwap(nil, &why) {
		return
	}
	s.log.Error("disk failed; writes are no longer accepted", "err", err)
	if s.opts.Stopped != nil {
		s.opts.Stopped()
	}
}

// badgerLog hands Badger's messages to slog. One of them is an error that Badger
// keeps to itself: it acknowledges a commit whose values it could not sync.
type badgerLog struct {
	log    *slog.Logger
	failed atomic.Pointer[error]
}

// valueLogSync begins the message about a value log that could not be synced.
const valueLogSync = "Error while curlf sync"

// Errorf implements badger.Logger.
func (l *badgerLog) Errorf(f string, a ...any) {
	if strings.HasPrefix(f, valueLogSync) {
		err := fmt.Errorf("%s", badgerMessage(f, a))
		l.failed.Store(&err)
	}
	l.log.Error(badgerMessage(f, a))
}

// Warningf implements badger.Logger.
func (l *badgerLog) Warningf(f string, a ...any) { l.log.Warn(badgerMessage(f, a)) }

// Infof implements badger.Logger.
func (l *badgerLog) Infof(f string, a ...any) { l.log.Debug(badgerMessage(f, a)) }

// Debugf implements badger.Logger.
func (l *badgerLog) Debugf(f string, a ...any) { l.log.Debug(badgerMessage(f, a)) }

// syncError is the error that Badger kept to itself, if any.
func (l *badgerLog) syncError() error {
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func badgerMessage(f string, a []any) string {
	return "badger: " + strings.TrimSpace(fmt.Sprintf(f, a...))
}
