package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/filter"
)

// minSecret is the shortest secret that is accepted: 32 hexadecimal digits are 128
// bits.
const minSecret = 32

var (
	// ErrSyntax is returned by Parse for a line that can't be read.
	ErrSyntax = errors.New("keys: syntax error")
	// ErrWeak is returned for a secret that could be guessed.
	ErrWeak = errors.New("keys: secret is too short")
)

// Role is what a key may do. A greater role includes the lesser ones.
type Role uint8

// The roles.
const (
	None Role = iota
	Read
	Write
	Admin
)

// ParseRole reads the name of a role.
func ParseRole(s string) (Role, error) {
	for r := Read; r <= Admin; r++ {
		if r.String() == s {
			return r, nil
		}
	}
	return None, fmt.Errorf("%w: role %q: want read, write or admin", ErrSyntax, s)
}

// String is the role's name.
func (r Role) String() string {
	return [...]string{"none", "read", "write", "admin"}[min(r, Admin)]
}

// Key is one key, without its secret.
type Key struct {
	Name string
	Role Role
	// Collections are those that the key has access to; nil is all.
	Collections []string
	// Where, unless nil, is what documents must meet for the key to read and write them.
	Where *filter.Expr

	sum [sha256.Size]byte
}

// Allows reports whether the key has a role for a collection. The empty name
// is for what belongs to no collection.
func (k *Key) Allows(role Role, collection string) bool {
	return k.Role >= role && (collection == "" || k.Sees(collection))
}

// Sees reports whether a collection is in the key's scope.
func (k *Key) Sees(collection string) bool {
	return k.Collections == nil || slices.Contains(k.Collections, collection)
}

// Whole reports whether the key is for all documents of all collections.
func (k *Key) Whole() bool { return k.Collections == nil && k.Where == nil }

// Bind binds the key to the documents that meet a filter.
func (k *Key) Bind(where string) error {
	e, err := filter.Parse(where)
	if err != nil {
		return fmt.Errorf("%w: key %s: where: %w", ErrSyntax, k.Name, err)
	}
	k.Where = &e
	return k.check()
}

// New makes a key of a secret.
func New(name string, role Role, collections []string, secret string) (*Key, error) {
	if len(secret) < minSecret {
		return nil, fmt.Errorf("%w: the secret of %s has %d characters, want at least %d; 'frony-db serve key' makes one",
			ErrWeak, name, len(secret), minSecret)
	}
	k := &Key{Name: name, Role: role, Collections: collections, sum: sha256.Sum256([]byte(secret))}
	return k, k.check()
}

// Secret returns a new random secret of 256 bits.
func Secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program first
	return "frony_" + base64.RawURLEncoding.EncodeToString(b[:])
}

// String is the key as a line of a file.
func (k *Key) String() string {
	s := fmt.Sprintf("%s %s sha256:%s", k.Name, k.Role, hex.EncodeToString(k.sum[:]))
	if k.Collections != nil {
		s += " " + strings.Join(k.Collections, ",")
	}
	if k.Where != nil {
		s += " where " + k.Where.String()
	}
	return s
}

func (k *Key) check() error {
	if k.Name == "" || strings.ContainsFunc(k.Name, func(r rune) bool { return r <= ' ' || r == '#' || r == 0x7f }) {
		return fmt.Errorf("%w: name %q: want letters without spaces", ErrSyntax, k.Name)
	}
	if k.Role < Read || k.Role > Admin {
		return fmt.Errorf("%w: key %s has no role", ErrSyntax, k.Name)
	}
	if k.Where != nil && k.Role == Admin {
		return fmt.Errorf("%w: key %s has the role admin, which is for whole collections, and a filter; want read or write", ErrSyntax, k.Name)
	}
	for _, c := range k.Collections {
		if c == "" || strings.ContainsAny(c, " \t") {
			return fmt.Errorf("%w: key %s: collection %q", ErrSyntax, k.Name, c)
		}
	}
	return nil
}

// Set is a set of keys. It is immutable; nil is the empty set.
type Set struct {
	keys []*Key
}

// NewSet returns a set of keys. Logs and rates know keys by their names, so names are
// unique.
func NewSet(list ...*Key) (*Set, error) {
	names := map[string]bool{}
	for _, k := range list {
		if names[k.Name] {
			return nil, fmt.Errorf("%w: two keys are named %q", ErrSyntax, k.Name)
		}
		names[k.Name] = true
	}
	return &Set{keys: slices.Clone(list)}, nil
}

// Parse reads a file of keys and reports every fault in it.
func Parse(text string) (*Set, error) {
	var list []*Key
	var faults []error
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, where := cutWhere(line)
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		k, err := parseLine(f)
		if err == nil && where != "" {
			err = k.Bind(where)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		list = append(list, k)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return NewSet(list...)
}

// cutWhere separates the filter of a line, which extends to its end, from what is before
// it, and takes away a comment. The filter follows the word where, which is the fourth
// word or the fifth.
func cutWhere(line string) (before, where string) {
	word, rest := "", line
	for n := range 5 {
		word, rest = cutWord(rest)
		after := strings.TrimSpace(rest)
		next, more := cutWord(after)
		collection := n == 3 && next == "where" && more != "" // one of this name
		if n >= 3 && word == "where" && after != "" && after[0] != '#' && !collection {
			return line[:len(line)-len(rest)-len(word)], after
		}
		if strings.Contains(word, "#") {
			break
		}
	}
	before, _, _ = strings.Cut(line, "#")
	return before, ""
}

// cutWord separates the first word of a line from the rest.
func cutWord(line string) (word, rest string) {
	line = strings.TrimLeft(line, " \t")
	end := strings.IndexAny(line+" ", " \t")
	return line[:end], line[end:]
}

func parseLine(f []string) (*Key, error) {
	if len(f) < 3 || len(f) > 4 {
		return nil, fmt.Errorf("%w: %d fields, want name, role, sha256:… and optionally collections", ErrSyntax, len(f))
	}
	role, err := ParseRole(f[1])
	if err != nil {
		return nil, err
	}
	k := &Key{Name: f[0], Role: role}
	sum, isSum := strings.CutPrefix(f[2], "sha256:")
	if n, err := hex.Decode(k.sum[:], []byte(sum[:min(len(sum), 64)])); !isSum || err != nil || n != len(k.sum) || len(sum) != 64 {
		return nil, fmt.Errorf("%w: key %s: want sha256: and 64 hexadecimal digits, never the secret itself", ErrSyntax, k.Name)
	}
	if len(f) == 4 {
		k.Collections = strings.Split(f[3], ",")
	}
	return k, k.check()
}

// Len is the number of keys.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.keys)
}

// Keys are the keys in order.
func (s *Set) Keys() []*Key {
	if s == nil {
		return nil
	}
	return slices.Clone(s.keys)
}

// Find returns the key with this secret, or nil. It takes the same time for all
// secrets of one length.
func (s *Set) Find(secret string) *Key {
	sum := sha256.Sum256([]byte(secret))
	var found *Key
	for _, k := range s.Keys() {
		if subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1 {
			found = k
		}
	}
	return found
}
