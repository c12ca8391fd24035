package compat

import "strings"

// Role says what a text is to the model. The zero value is Passage.
type Role uint8

// The roles.
const (
	Passage Role = iota
	Query
)

// parseRole reads the names that clients have for the roles.
func parseRole(name string) (Role, bool) {
	switch strings.ToLower(name) {
	case "", "passage", "document", "search_document":
		return Passage, true
	case "query", "search_query":
		return Query, true
	}
	return Passage, false
}
