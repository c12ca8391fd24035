package hub

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// truthy reads a variable as the Hub's own library does.
func truthy(v string) bool {
	switch strings.ToUpper(v) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// home is HF_HOME: where the Hub's tools keep the cache and the token.
func home() (string, error) {
	if dir := os.Getenv("HF_HOME"); dir != "" {
		return expand(dir)
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "huggingface"), nil
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("cache directory: no home directory is known; set HF_HUB_CACHE")
	}
	return filepath.Join(dir, ".cache", "huggingface"), nil
}

// expand replaces a leading ~, which variables in configuration files have.
func expand(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return path, nil
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, rest), nil
}

func defaultCache() (string, error) {
	if dir := cmp.Or(os.Getenv("HF_HUB_CACHE"), os.Getenv("HUGGINGFACE_HUB_CACHE")); dir != "" {
		return expand(dir)
	}
	dir, err := home()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "hub"), nil
}

func envToken() string {
	if truthy(os.Getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		return ""
	}
	if t := cmp.Or(os.Getenv("HF_TOKEN"), os.Getenv("HUGGING_FACE_HUB_TOKEN")); t != "" {
		return strings.TrimSpace(t)
	}
	path := os.Getenv("HF_TOKEN_PATH")
	if path == "" {
		dir, err := home()
		if err != nil {
			return ""
		}
		path = filepath.Join(dir, "token")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "" // no token is the common case
	}
	return strings.TrimSpace(string(data))
}
