package api

import "github.com/fronyai/frony-db/db"

// Alias is a name that leads to a collection.
type Alias = db.Alias

// Aliases is a list of aliases.
type Aliases struct {
	Aliases []Alias `json:"aliases" doc:"In the order of their names"`
}

// SetAlias says where an alias is to lead.
type SetAlias struct {
	Collection string `json:"collection" maxLength:"512" doc:"The collection, or an alias of it" example:"notes-v2"`
}

// AliasSet says where an alias leads.
type AliasSet struct {
	Alias      string `json:"alias"`
	Collection string `json:"collection"`
	Previous   string `json:"previous,omitzero" doc:"The collection that it has led to; missing if the alias is new"`
}

// AliasDropped names the alias that was dropped.
type AliasDropped struct {
	Dropped string `json:"dropped"`
}

// RenameCollection is the new name of a collection.
type RenameCollection struct {
	Name string `json:"name" maxLength:"512" doc:"The new name" example:"notes-2026"`
}
