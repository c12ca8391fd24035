//go:build !linux

// Command modelbench measures engines by processor time and memory as Linux
// tells them.
package main

import "log"

func main() { log.Fatal("modelbench runs on Linux") }
