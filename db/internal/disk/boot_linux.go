package disk

import (
	"os"
	"strings"
)

// Boot names the time since the system was started, or is empty where that
// can't be known: what files were given before may be lost if it was another.
func Boot() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
