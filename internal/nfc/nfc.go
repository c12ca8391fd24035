// Package nfc compares names and texts that differ only by Unicode normalisation:
// a composed 한 (one code point) and the decomposed one (three), which some
// systems write in the names of files.
package nfc

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Compose returns s in its composed form (NFC): s itself if it is composed.
func Compose(s string) string {
	if ascii(s) || norm.NFC.IsNormalString(s) {
		return s
	}
	return norm.NFC.String(s)
}

// Equal reports whether two strings have the same composed form.
func Equal(a, b string) bool { return a == b || Compose(a) == Compose(b) }

// Others returns the composed and the decomposed form of s that are not s itself:
// none if s is ASCII.
func Others(s string) []string {
	if ascii(s) {
		return nil
	}
	var forms []string
	composed, decomposed := Compose(s), norm.NFD.String(s)
	if composed != s {
		forms = append(forms, composed)
	}
	if decomposed != s && decomposed != composed {
		forms = append(forms, decomposed)
	}
	return forms
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
