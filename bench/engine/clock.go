package engine

import (
	"time"

	"github.com/fronyai/frony-db/bench/host"
)

// timed returns what f took.
func timed(f func()) Time {
	cpu, wall := host.CPUTime(), time.Now()
	f()
	return Time{host.CPUTime() - cpu, time.Since(wall)}
}
