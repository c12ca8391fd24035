//go:build !linux && !darwin

package disk

// Boot identifies the current boot of the system, or is empty if that is not known. Writes
// of an earlier boot that were not synced may be lost.
func Boot() string { return "" }
