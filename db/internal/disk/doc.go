// Package disk reports free and allocated disk space, and lets tests make disks fail.
package disk
