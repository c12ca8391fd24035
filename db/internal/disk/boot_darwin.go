package disk

import "golang.org/x/sys/unix"

// Boot identifies the current boot of the system, or is empty if that is not known. Writes
// of an earlier boot that were not synced may be lost.
func Boot() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}
