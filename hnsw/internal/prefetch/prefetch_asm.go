//go:build (amd64 || arm64) && !noasm

package prefetch

// List fetches the two lines from p on into the first-level cache. It is a hint,
// and never faults.
//
//go:noescape
func List(p *uint32)
