// Package disk asks the file system how much room there is and how much is taken.
package disk
