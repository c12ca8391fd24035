package ort

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// libraryEnv names the library, where Options.Library doesn't.
const libraryEnv = "FRONYDB_ORT_LIB"

// findLibrary returns the library's path. A path that is given must be there;
// the other places are searched in order.
func findLibrary(given string) (string, error) {
	for _, named := range []struct{ by, path string }{{"the one that was named", given}, {libraryEnv, os.Getenv(libraryEnv)}} {
		if named.path == "" {
			continue
		}
		if _, err := os.Stat(named.path); err != nil {
			return "", fmt.Errorf("%w: %s: %w; leave it out to have the cache and the system searched", ErrLibrary, named.by, err)
		}
		return named.path, nil
	}
	dirs := libraryDirs()
	for _, dir := range dirs {
		for _, pattern := range libraryNames(runtime.GOOS) {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err == nil && len(found) > 0 {
				slices.Sort(found)
				return found[len(found)-1], nil
			}
		}
	}
	return "", fmt.Errorf("%w: searched %s: install ONNX Runtime 1.24 or later (make -C tools/native fetches it), or set %s to the path of its library",
		ErrLibrary, strings.Join(dirs, ", "), libraryEnv)
}

// libraryNames are what the library is called, the plainest first.
func libraryNames(goos string) []string {
	switch goos {
	case "windows":
		return []string{"onnxruntime.dll"}
	case "darwin":
		return []string{"libonnxruntime.dylib", "libonnxruntime.*.dylib"}
	}
	return []string{"libonnxruntime.so", "libonnxruntime.so.*"}
}

// libraryDirs are the user's cache and the system's places.
func libraryDirs() []string {
	var dirs []string
	if cache, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(cache, "frony-db", "onnxruntime"))
	}
	switch runtime.GOOS {
	case "windows":
		if exe, err := os.Executable(); err == nil {
			dirs = append(dirs, filepath.Dir(exe))
		}
	case "darwin":
		dirs = append(dirs, "/opt/homebrew/lib", "/usr/local/lib")
	default:
		dirs = append(dirs, "/usr/local/lib", "/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")
	}
	return dirs
}
