package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
)

// memoryUse is the memory of this process, in bytes.
type memoryUse struct {
	Heap     uint64 `json:"heap"`               // Go heap in use after a garbage collection
	Resident int64  `json:"resident,omitempty"` // including pages of mapped files; 0 if unknown
	Peak     int64  `json:"peak,omitempty"`
}

func (m memoryUse) String() string {
	s := term.Bytes(int64(m.Heap)) + " heap"
	if m.Resident > 0 {
		s += fmt.Sprintf(", %s resident, %s peak", term.Bytes(m.Resident), term.Bytes(m.Peak))
	}
	return s
}

func measureMemory() memoryUse {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	m := memoryUse{Heap: s.HeapInuse}
	status, err := os.ReadFile("/proc/self/status") // Linux
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch {
		case err != nil:
		case name == "VmRSS":
			m.Resident = kb << 10
		case name == "VmHWM":
			m.Peak = kb << 10
		}
	}
	return m
}
