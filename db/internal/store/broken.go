package store

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
)

// A disk that has failed at a sync may say the next time that all is well, with
// the pages gone that it could not write (Rebello et al., "Can Applications
// Recover from fsync Failures?", ATC 2020). So the store writes nothing more then.
// What was synced is there, and what an opening finds in the logs is whole.

// stop makes all writes from now on fail.
func (s *Store) stop(err error) {
	told := fmt.Errorf("nothing is written any more, since the disk failed (%w): close the database, look after the disk, and open it again", err)
	if !s.broken.CompareAndSwap(nil, &told) {
		return
	}
	s.log.Error("the disk failed, and nothing is written any more", "err", err)
	if s.opts.Stopped != nil {
		s.opts.Stopped()
	}
}

// badgerLog hands Badger's own messages to slog. One of them is an error that
// Badger keeps to itself: it acknowledges a commit whose values it could not sync.
type badgerLog struct {
	log    *slog.Logger
	failed atomic.Pointer[error]
}

// valueLogSync begins the message of a value log that could not be synced.
const valueLogSync = "Error while curlf sync"

// Errorf implements badger.Logger.
func (l *badgerLog) Errorf(f string, a ...any) {
	if strings.HasPrefix(f, valueLogSync) {
		err := fmt.Errorf("%s", line(f, a))
		l.failed.Store(&err)
	}
	l.log.Error(line(f, a))
}

// Warningf implements badger.Logger.
func (l *badgerLog) Warningf(f string, a ...any) { l.log.Warn(line(f, a)) }

// Infof implements badger.Logger.
func (l *badgerLog) Infof(f string, a ...any) { l.log.Debug(line(f, a)) }

// Debugf implements badger.Logger.
func (l *badgerLog) Debugf(f string, a ...any) { l.log.Debug(line(f, a)) }

// syncError is the error that Badger has kept to itself, if any.
func (l *badgerLog) syncError() error {
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func line(f string, a []any) string {
	return "badger: " + strings.TrimSpace(fmt.Sprintf(f, a...))
}
