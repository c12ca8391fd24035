//go:build !linux

// Command modelbench measures engines by CPU time and memory as reported by Linux.
package main

import "log"

func main() { log.Fatal("modelbench runs on Linux") }
