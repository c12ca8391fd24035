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
// says what helps. It returns nil for any other error.
func systemError(err error) error {
	for _, e := range []struct {
		errno syscall.Errno
		hint  string
	}{
		{syscall.EMFILE, "raise the limit of open files of this process, with 'ulimit -n 4096' for instance. Nothing is damaged"},
		{syscall.ENFILE, "the system as a whole has too many files open. Nothing is damaged"},
		{syscall.EACCES, "check owner and mode of the files, or run it as the user that they belong to. Nothing is damaged"},
		{syscall.EPERM, "check owner and mode of the files, and whether they are immutable. Nothing is damaged"},
		{syscall.EROFS, "the file system is mounted read-only. Nothing is damaged"},
		{syscall.ENOMEM, "there is not enough memory, or there are too many mappings (vm.max_map_count). Nothing is damaged"},
		{syscall.EIO, "the disk cannot read it; look at the system's log before anything else"},
	} {
		if errors.Is(err, e.errno) || strings.Contains(err.Error(), e.errno.Error()) {
			return fmt.Errorf("%w: %w; %s", ErrSystem, err, e.hint)
		}
	}
	_, path := errors.AsType[*fs.PathError](err)
	_, call := errors.AsType[*os.SyscallError](err)
	if path || call {
		return err
	}
	return nil
}
