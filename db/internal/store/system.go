package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// ErrSystem is returned when the system refused a file: it is not damage.
var ErrSystem = errors.New("the system refused")

// systemError recognises an error of the system, which Badger does not always wrap, and
// says what helps.
func systemError(err error) (system error, ok bool) {
	for _, e := range []struct {
		errno syscall.Errno
		hint  string
	}{
		{syscall.EMFILE, "raise the limit of open files of this process, with 'ulimit -n 4096' for instance"},
		{syscall.ENFILE, "the system as a whole has too many files open"},
		{syscall.EACCES, "check owner and mode of the files, or run it as the user that they belong to"},
		{syscall.EPERM, "check owner and mode of the files, and whether they are immutable"},
		{syscall.EROFS, "the file system is mounted read-only"},
		{syscall.ENOMEM, "there is not enough memory, or too many mappings (vm.max_map_count)"},
		{syscall.EIO, "the disk cannot read it; look at the system's log before anything else"},
	} {
		if errors.Is(err, e.errno) || strings.Contains(err.Error(), e.errno.Error()) {
			return fmt.Errorf("%w: %w; %s. Nothing is damaged", ErrSystem, err, e.hint), true
		}
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err, true
	}
	if _, ok := errors.AsType[*os.SyscallError](err); ok {
		return err, true
	}
	return err, false
}
