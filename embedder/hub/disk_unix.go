//go:build !windows

package hub

import (
	"errors"
	"syscall"
)

func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func isInvalid(err error) bool { return errors.Is(err, syscall.EINVAL) }
