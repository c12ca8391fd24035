package index

import "github.com/fronyai/frony-db/db/internal/lexical"

// Chosen by measurement: see docs/decisions/0142-names-by-sound.md.
const (
	// PerSounds is the number of candidates that are found by their names alone.
	PerSounds = 10
	// A name that only one document has lifts its score by soundWeight of what is
	// missing to 1, others by less, and all of them by mostSound.
	soundWeight = 0.05
	mostSound   = 0.3
)

// sounds finds the documents that have names of the question in another script.
func (s *search) sounds() []scored {
	q := lexical.Query{Text: s.q.Text, K: PerSounds, Sees: s.sees, Sounds: true}
	if s.allowed != nil {
		q.Allow = s.allowed.has
	}
	hits := s.x.lexical.Search(nil, q)
	found := make([]scored, len(hits))
	for i, h := range hits {
		found[i] = scored{node: h.Node, score: h.Score}
	}
	return found
}

// addSounds gives the candidates the evidence that its names are.
func (s *search) addSounds(all []scored) {
	for i, v := range s.x.lexical.Sounds(nil, s.q.Text, nodesOf(all)) {
		all[i].sound = v
	}
}
