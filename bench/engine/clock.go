package engine

import "time"

// timed returns what f took.
func timed(f func()) Time {
	cpu, wall := cpuTime(), time.Now()
	f()
	return Time{cpuTime() - cpu, time.Since(wall)}
}
