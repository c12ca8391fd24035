package models

import (
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
)

// hubID is the id of a model on the hub, with an optional revision.
var hubID = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*)(?:@(\S+))?$`)

// SplitID splits OWNER/NAME[@REVISION].
func SplitID(id string) (repo, revision string) {
	repo, revision, _ = strings.Cut(id, "@")
	return repo, revision
}

// At formats a model's name with its revision, if any.
func At(repo, revision string) string {
	if revision == "" {
		return repo
	}
	return repo + "@" + revision
}

func unknown(name string) error {
	if p, _, ok := strings.Cut(name, ":"); ok && !strings.ContainsAny(p, `/\`) && len(p) > 1 {
		return fmt.Errorf("model %q: there is no provider %q; choose from %s", Redacted(name), p, providerNames())
	}
	if strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("model %q: %w; name the directory of a model's files, or OWNER/NAME of the hub", name, fs.ErrNotExist)
	}
	return fmt.Errorf("model %q is not builtin, a directory, OWNER/NAME of the hub, or PROVIDER:MODEL; name one of these with --model", name)
}

// Redacted is a name without the password of its address, for messages.
func Redacted(name string) string {
	p, rest, ok := strings.Cut(name, ":")
	if u, err := url.Parse(rest); ok && err == nil && u.User != nil {
		return p + ":" + u.Redacted()
	}
	return name
}
