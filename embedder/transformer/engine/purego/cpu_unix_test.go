//go:build unix

package purego

import (
	"syscall"
	"testing"
)

// cpuTime is the processor time that the process has used, in seconds. On a
// shared machine it says more than the clock.
func cpuTime(tb testing.TB) float64 {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
