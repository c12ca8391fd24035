package lexical

import "github.com/fronyai/frony-db/internal/textform"

// runPlaced is run, with the place of each token in the text.
func (a *analysis) runPlaced(text string) {
	a.reset(true)
	for r, p := range textform.Placed(text) {
		a.read(r, p)
	}
	a.flush()
}
