package lexical

// kind says what a token is of the text it came from. The kind never enters
// the index: it decides what a term of the query weighs.
type kind uint8

const (
	kindWord     kind = iota // a word or number of an alphabetic script, in its stem
	kindEojeol               // a Hangul word without its particle
	kindSyllable             // a Hangul or Han run of one character
	kindGram                 // two neighbouring characters inside the stem of a Hangul word, or of a Han or kana run
	kindBridge               // the bigram of a stem's last and a particle's first syllable
	kindParticle             // a bigram inside a particle
	kindStub                 // the first syllable of a Hangul word of two whose second may be a particle
	kindCompound             // the whole of a token that mixes scripts, digits, cases or joiners
	kindPart                 // a piece of such a token
	kinds
)

// A token is one occurrence of a term. Its text is runes[at : at+n] of the
// analysis it belongs to.
type token struct {
	key      uint64
	at, n    int32
	kind     kind
	siblings int32 // bigrams of the same word, this one included; 1 for other kinds
}
