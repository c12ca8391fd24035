package ort

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// libraryEnv names the library unless Options.Library does.
const libraryEnv = "FRONYDB_ORT_LIB"

// findLibrary returns the library's path. If a path is named it must exist; otherwise the
// usual places are searched in order.
func findLibrary(path string) (string, error) {
	for _, named := range []struct{ by, path string }{{"the named library", path}, {libraryEnv, os.Getenv(libraryEnv)}} {
		if named.path == "" {
			continue
		}
		if _, err := os.Stat(named.path); err != nil {
			return "", fmt.Errorf("%w: %s: %w; without it, the cache and the system are searched", ErrLibrary, named.by, err)
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

// libraryNames are the file names of the library, the plainest first.
func libraryNames(goos string) []string {
	switch goos {
	case "windows":
		return []string{"onnxruntime.dll"}
	case "darwin":
		return []string{"libonnxruntime.dylib", "libonnxruntime.*.dylib"}
	}
	return []string{"libonnxruntime.so", "libonnxruntime.so.*"}
}

// libraryDirs are the directories to search: the user's cache, then the system's.
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
