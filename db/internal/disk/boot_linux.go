package disk

import (
	"os"
	"strings"
)

// Boot identifies the current boot of the system, or is empty if that is not known. Writes
// of an earlier boot that were not synced may be lost.
func Boot() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
