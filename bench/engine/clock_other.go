//go:build !linux

package engine

import "time"

var started = time.Now()

// cpuTime is wall time where the system has no simple clock of CPU time.
func cpuTime() time.Duration { return time.Since(started) }
