//go:build !unix

package purego

import (
	"testing"
	"time"
)

var started = time.Now()

// cpuTime is wall time where the processor's can't be had.
func cpuTime(testing.TB) float64 { return time.Since(started).Seconds() }
