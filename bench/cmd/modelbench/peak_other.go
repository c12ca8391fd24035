//go:build linux && (!native || !cgo)

package main

// fmaPeak is not known without a C compiler.
func fmaPeak() float64 { return 0 }
