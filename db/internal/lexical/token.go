package lexical

import "github.com/fronyai/frony-db/internal/textform"

// kind says what part of a text a token is. It is not indexed: it determines the
// weight of a term in a query.
type kind uint8

const (
	kindWord     kind = iota // a stemmed word or number of an alphabetic script
	kindEojeol               // a Hangul word without its particle
	kindSyllable             // a Hangul or Han run of one character
	kindGram                 // a bigram inside the stem of a Hangul word, or of a Han or kana run
	kindBridge               // the bigram of the last syllable of a stem and the first of a particle
	kindParticle             // a bigram inside a particle
	kindStub                 // the first of two syllables, if the second may be a particle
	kindCompound             // a whole token that mixes scripts, digits, cases or joiners
	kindPart                 // a piece of such a token
	kindJamo                 // letters of Hangul that make no syllable, and their bigrams
	kindInitials             // the initials of a word, as a question
	kinds
)

// A token is one occurrence of a term. Its text is runes[at : at+n] of its
// analysis.
type token struct {
	key      uint64
	at, n    int32
	kind     kind
	siblings int32 // bigrams of the same word, including this one; 1 for other kinds
	place    place // in the text, if the analysis keeps places
	word     int32 // the number of its word in the text, from 1
	ending   bool  // a bridge to what may be a particle or the end of the word: 고양이
}

// A place is a part of a text, in bytes.
type place = textform.Place
