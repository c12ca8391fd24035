// Package evaluate is for engines that leave a part of a filter to this process: it
// divides filters, and evaluates what the engine cannot say on documents that were read.
package evaluate
