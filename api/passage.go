package api

// Passage is a chunk with its neighbours. It has the fields of db.Passage.
type Passage struct {
	Text  string `json:"text" doc:"The chunks as they follow each other in the document; what two of them share is there once"`
	First int    `json:"first" doc:"The number of the first chunk, from 0"`
	Last  int    `json:"last" doc:"The number of the last chunk"`
}
