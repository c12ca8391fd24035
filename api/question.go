package api

import "github.com/fronyai/frony-db/db"

// Question is one of several that a search asks at once.
type Question struct {
	Text      string    `json:"text,omitempty" doc:"Embedded as a query" example:"spring in Seoul"`
	Embedding []float32 `json:"embedding,omitzero" doc:"Instead of a text: an embedding, as long as the collection's dims"`
	Like      []string  `json:"like,omitzero" doc:"Ids of documents to find more like, alone or with a text or an embedding"`
	Unlike    []string  `json:"unlike,omitzero" doc:"Ids of documents to move away from"`
	Weight    float32   `json:"weight,omitzero" minimum:"0" doc:"How much it counts beside the others; 1 if missing"`
}

func fromQuestions(in []db.Question) (out []Question) {
	for _, q := range in {
		out = append(out, Question{q.Text, q.Embedding, q.Like, q.Unlike, q.Weight})
	}
	return out
}

func questions(in []Question) (out []db.Question) {
	for _, q := range in {
		out = append(out, db.Question{Text: q.Text, Embedding: q.Embedding, Like: q.Like, Unlike: q.Unlike, Weight: q.Weight})
	}
	return out
}
