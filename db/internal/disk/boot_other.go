//go:build !linux && !darwin

package disk

// Boot names the time since the system was started, or is empty where that
// can't be known: what files were given before may be lost if it was another.
func Boot() string { return "" }
