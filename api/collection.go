package api

import "github.com/fronyai/frony-db/db"

// Types of package db whose JSON is the wire form.
type (
	// CollectionInfo describes a collection.
	CollectionInfo = db.CollectionInfo
	// Stats measures a collection.
	Stats = db.Stats
	// Replaced says what replacing a source did.
	Replaced = db.Replaced
)

// NewCollection says how to create a collection.
type NewCollection struct {
	Name           string `json:"name" doc:"Letters and digits of any script, with _ - . between them" example:"notes"`
	Dims           int    `json:"dims,omitzero" minimum:"0" doc:"Length of the embeddings; the model's if missing. Required if the server has no model"`
	Precomputed    bool   `json:"precomputed,omitzero" doc:"Embeddings of length dims come with the documents; the server's model is not used"`
	HeadDims       int    `json:"head_dims,omitzero" minimum:"0" doc:"Length of the Matryoshka head that the graph searches"`
	M              int    `json:"m,omitzero" minimum:"0" doc:"Links per node; 16 if missing"`
	EfConstruction int    `json:"ef_construction,omitzero" minimum:"0" doc:"Beam width while building; 200 if missing"`
	EfSearch       int    `json:"ef_search,omitzero" minimum:"0" doc:"Beam width of a search; as wide as the calibrated number of candidates if missing"`
	Oversampling   int    `json:"oversampling,omitzero" minimum:"0" doc:"Candidates per result to rerank; calibrated on the collection's own vectors if missing"`
	NoTail         bool   `json:"no_tail,omitzero" doc:"Keeps no codes of the dimensions behind the head in memory: smaller and slower"`
	Codes          string `json:"codes,omitzero" enum:"head,full" doc:"What the graph reads of embeddings: bytes of a Matryoshka head, or four bits of all dimensions; chosen by the model if missing"`
	Graph          string `json:"graph,omitzero" enum:"auto,always" doc:"When the graph is built: in the background when it can make searches faster (auto, if missing), or with the first document"`
	ExistOK        bool   `json:"exist_ok,omitzero" doc:"Return an existing collection instead of an error"`

	// Given is the name of Precomputed before 0.1.
	Given bool `json:"given,omitzero" deprecated:"true" doc:"The former name of precomputed"`
}

// FromOptions is the wire form of what a collection is created with, but for the
// embedder, which is the server's. Nil is the default.
func FromOptions(name string, o *db.CollectionOptions) NewCollection {
	if o == nil {
		o = &db.CollectionOptions{}
	}
	return NewCollection{
		Name: name, Dims: o.Dims, Precomputed: o.Precomputed, HeadDims: o.HeadDims, M: o.M,
		EfConstruction: o.EfConstruction, EfSearch: o.EfSearch, Oversampling: o.Oversampling, NoTail: o.NoTail, Codes: string(o.Codes), Graph: string(o.Graph),
	}
}

// DB is what the collection is created with.
func (n *NewCollection) DB() *db.CollectionOptions {
	return &db.CollectionOptions{
		Dims: n.Dims, Precomputed: n.Precomputed || n.Given, HeadDims: n.HeadDims, M: n.M,
		EfConstruction: n.EfConstruction, EfSearch: n.EfSearch, Oversampling: n.Oversampling, NoTail: n.NoTail, Codes: db.Codes(n.Codes), Graph: db.Graph(n.Graph),
	}
}

// Collections is a list of collections.
type Collections struct {
	Collections []CollectionInfo `json:"collections"`
}

// Dropped names the collection that was dropped.
type Dropped struct {
	Dropped string `json:"dropped"`
}
