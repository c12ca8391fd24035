package main

import (
	"fmt"
	"math"

	"github.com/dustin/go-humanize"
)

// size is a flag for a number of bytes: 1048576, 64MiB, 2GB.
type size int64

func (s *size) String() string {
	if *s == 0 {
		return "0"
	}
	return humanize.IBytes(uint64(*s))
}

func (*size) Type() string { return "size" }

func (s *size) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > math.MaxInt64 {
		return fmt.Errorf("%q is not a size; write 64MiB, 2GB or a number of bytes", text)
	}
	*s = size(n)
	return nil
}
