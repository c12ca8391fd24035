// Package prefetch asks for memory ahead of its use. Go has no way to say so,
// and an ordinary load does it badly: the processor cannot retire anything past
// it until the data has come.
package prefetch

// Lines is the number of 64-byte lines that List fetches.
const Lines = 2
