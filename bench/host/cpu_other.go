//go:build !linux

package host

import "time"

var started = time.Now()

// CPUTime is wall time where the system has no simple clock of CPU time.
func CPUTime() time.Duration { return time.Since(started) }
