package lexical

// A term is identified by 64 bits, not by its text: the dictionary is a map
// without pointers, a third of the size of a map of strings, which the garbage
// collector never scans. A bigram packs its two characters and is exact. A word is
// hashed to 63 bits: among ten million words the chance that any two share a key
// is about one in two hundred thousand, and the harm would be false hits of one
// word.
const gramBit = 1 << 63

func gramKey(a, b rune) uint64 { return gramBit | uint64(a)<<21 | uint64(b) }

// wordKey is FNV-1a over the characters with the finaliser of MurmurHash3. It is
// part of the snapshot format.
func wordKey(word []rune) uint64 {
	h := uint64(14695981039346656037)
	for _, r := range word {
		h = (h ^ uint64(r)) * 1099511628211
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return h &^ gramBit
}
