package builtin

import (
	"cmp"
	"math"
	"slices"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Weights of the kinds of feature, by what retrieval on Korean and English
// questions gave: a shared word says most, a shared pair of syllables is the
// next best, a shared trigram of letters says that the words may be akin.
const (
	wordWeight    = 1.0
	pairWeight    = 0.8
	trigramWeight = 0.45
)

// probes is how many dimensions of each half a feature touches. One gives
// collisions that wipe a feature out; more than a few give only more noise.
const probes = 4

// bag gathers a text's features. Its zero value is ready, and it may be used
// for one text after another.
type bag struct {
	features []feature
	word     []rune
}

// feature is one occurrence of something hashed.
type feature struct {
	hash   uint64
	weight float32
}

// embed returns the vector of text.
func (b *bag) embed(text string) []float32 {
	b.features, b.word = b.features[:0], b.word[:0]
	if !norm.NFKC.IsNormalString(text) {
		text = norm.NFKC.String(text)
	}
	var class int
	for _, r := range text {
		c := classOf(r)
		if c != class {
			b.flush(class)
			class = c
		}
		if c != blank {
			b.word = append(b.word, unicode.ToLower(r))
		}
	}
	b.flush(class)

	v := make([]float32, Dims)
	// Sorted, equal features stand together, and sums don't depend on an order
	// that could differ from run to run.
	slices.SortFunc(b.features, func(x, y feature) int { return cmp.Compare(x.hash, y.hash) })
	for i := 0; i < len(b.features); {
		h, sum := b.features[i].hash, float32(0)
		for ; i < len(b.features) && b.features[i].hash == h; i++ {
			sum += b.features[i].weight
		}
		scatter(v, h, float32(math.Sqrt(float64(sum))))
	}
	if !normalize(v) {
		scatter(v, hash([]rune(text)), 1) // nothing but blanks and marks
		normalize(v)
	}
	return v
}

// Classes of rune: a word is a longest run of one class.
const (
	blank = iota
	hangul
	letter
	digit
)

func classOf(r rune) int {
	switch {
	case r >= '가' && r <= '힣':
		return hangul
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return letter
	case unicode.IsNumber(r):
		return digit
	default:
		return blank
	}
}

// flush adds the features of the word gathered so far.
func (b *bag) flush(class int) {
	word := b.word
	b.word = b.word[:0]
	if class == blank || len(word) == 0 {
		return
	}
	w := float32(wordWeight)
	if class == letter && len(word) < 4 {
		w *= 0.3 // the, of, is, and: most short words are grammar
	}
	b.add(hash(word), w)
	switch class {
	case hangul:
		for i := range len(word) - 1 {
			b.add(hash(word[i:i+2])+1, pairWeight)
		}
	case letter:
		for i := range max(0, len(word)-3) {
			b.add(hash(word[i:i+3])+2, trigramWeight)
		}
	}
}

func (b *bag) add(hash uint64, weight float32) {
	b.features = append(b.features, feature{hash, weight})
}

// hash is FNV-1a over the runes.
func hash(runes []rune) uint64 {
	h := uint64(14695981039346656037)
	for _, r := range runes {
		h = (h ^ uint64(r)) * 1099511628211
	}
	return h
}

// scatter adds weight, with signs, to probes dimensions of each half.
func scatter(v []float32, h uint64, weight float32) {
	for range probes {
		// splitmix64: the bits of h made even.
		h += 0x9e3779b97f4a7c15
		z := (h ^ h>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		i, j := z>>32%HeadDims, HeadDims+z&0x7fffffff%(Dims-HeadDims)
		if z&(1<<63) == 0 {
			v[i] += weight
		} else {
			v[i] -= weight
		}
		if z&(1<<31) == 0 {
			v[j] += weight
		} else {
			v[j] -= weight
		}
	}
}

// normalize scales v to unit length, and reports whether it has a length.
func normalize(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum < 1e-12 {
		return false
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return true
}
