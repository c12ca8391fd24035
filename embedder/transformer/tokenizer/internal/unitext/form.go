package unitext

import "unicode/utf8"

// Form is a Unicode normalisation form (UAX #15).
type Form uint8

// The four forms.
const (
	NFC Form = iota
	NFD
	NFKC
	NFKD
)

// Hangul syllables decompose and compose by arithmetic (Unicode, section 3.12).
const (
	syllable   = 0xAC00
	jamoL      = 0x1100
	jamoV      = 0x1161
	jamoT      = 0x11A7
	jamoLCount = 19
	jamoVCount = 21
	jamoTCount = 28
	syllables  = jamoLCount * jamoVCount * jamoTCount
)

type char struct {
	r   rune
	ccc uint8
}

// Scratch is the memory that AppendForm works in. The zero value is ready; it
// serves one call at a time.
type Scratch struct{ chars, sorted []char }

// AppendForm appends the normalisation of src to dst.
//
// Text is copied as long as it consists of inert characters: starters that the form leaves
// unchanged and that never compose with the preceding character. From
// the last inert character before another to the next inert one after it, the
// full algorithm runs: decompose, order by combining class, compose.
func (t *Tables) AppendForm(dst, src []byte, f Form, sc *Scratch) []byte {
	for i := 0; i < len(src); {
		start, end := i, i // src[start:end]: inert so far, its last character begins at i
		for end < len(src) {
			r, n := utf8.DecodeRune(src[end:])
			if !t.inert(r, f) {
				break
			}
			i = end
			end += n
		}
		if end == len(src) {
			return append(dst, src[start:]...)
		}
		dst = append(dst, src[start:i]...)
		sc.chars = sc.chars[:0]
		for first := true; i < len(src); first = false {
			r, n := utf8.DecodeRune(src[i:])
			if !first && i >= end && t.inert(r, f) {
				break
			}
			sc.chars = t.decompose(sc.chars, r, f)
			i += n
		}
		sc.order()
		chars := sc.chars
		if f == NFC || f == NFKC {
			chars = t.composeAll(chars)
		}
		for _, c := range chars {
			dst = utf8.AppendRune(dst, c.r)
		}
	}
	return dst
}

func (t *Tables) inert(r rune, f Form) bool {
	if r < utf8.RuneSelf {
		return true
	}
	c := t.class(r)
	if c&(canonical|combining|second) != 0 {
		return false
	}
	switch f {
	case NFC:
		return true
	case NFD:
		return uint32(r-syllable) >= syllables
	case NFKD:
		return uint32(r-syllable) >= syllables && c&compatibility == 0
	default: // NFKC
		return c&compatibility == 0
	}
}

func (t *Tables) decompose(dst []char, r rune, f Form) []char {
	if s := r - syllable; uint32(s) < syllables {
		dst = append(dst,
			char{r: jamoL + s/(jamoVCount*jamoTCount)},
			char{r: jamoV + s%(jamoVCount*jamoTCount)/jamoTCount})
		if tail := s % jamoTCount; tail != 0 {
			dst = append(dst, char{r: jamoT + tail})
		}
		return dst
	}
	c := t.class(r)
	var parts []rune
	switch {
	case c&compatibility != 0 && (f == NFKC || f == NFKD):
		parts = t.compat[r]
	case c&canonical != 0:
		parts = t.canon[r]
	default:
		return append(dst, char{r, uint8(c >> combiningBit)})
	}
	for _, p := range parts {
		dst = append(dst, char{p, uint8(t.class(p) >> combiningBit)})
	}
	return dst
}

// order sorts every run of marks by combining class, stably. Long runs are
// sorted by counting, so that a text of nothing but marks takes linear time.
func (sc *Scratch) order() {
	chars := sc.chars
	for i := 0; i < len(chars); {
		if chars[i].ccc == 0 {
			i++
			continue
		}
		j, ordered := i+1, true
		for j < len(chars) && chars[j].ccc != 0 {
			ordered = ordered && chars[j].ccc >= chars[j-1].ccc
			j++
		}
		if !ordered {
			sc.sort(chars[i:j])
		}
		i = j
	}
}

func (sc *Scratch) sort(run []char) {
	if len(run) <= 32 {
		for i := 1; i < len(run); i++ {
			for j := i; j > 0 && run[j].ccc < run[j-1].ccc; j-- {
				run[j], run[j-1] = run[j-1], run[j]
			}
		}
		return
	}
	var at [257]int
	for _, c := range run {
		at[int(c.ccc)+1]++
	}
	for i := 1; i < len(at); i++ {
		at[i] += at[i-1]
	}
	if cap(sc.sorted) < len(run) {
		sc.sorted = make([]char, len(run))
	}
	sorted := sc.sorted[:len(run)]
	for _, c := range run {
		sorted[at[c.ccc]] = c
		at[c.ccc]++
	}
	copy(run, sorted)
}

// composeAll joins starters with the unblocked marks that follow them, in place.
func (t *Tables) composeAll(chars []char) []char {
	out := chars[:0]
	starter, last := -1, uint8(0) // last: class of the mark kept after the starter, 0 if none
	for _, c := range chars {
		if starter >= 0 && (last == 0 || last < c.ccc) {
			if r, ok := t.composePair(out[starter].r, c.r); ok {
				out[starter].r = r
				continue
			}
		}
		out = append(out, c)
		if c.ccc == 0 {
			starter, last = len(out)-1, 0
		} else if starter >= 0 {
			last = c.ccc
		}
	}
	return out
}

func (t *Tables) composePair(a, b rune) (rune, bool) {
	if l, v := a-jamoL, b-jamoV; uint32(l) < jamoLCount && uint32(v) < jamoVCount {
		return syllable + (l*jamoVCount+v)*jamoTCount, true
	}
	if s, tail := a-syllable, b-jamoT; uint32(s) < syllables && s%jamoTCount == 0 && tail > 0 && tail < jamoTCount {
		return a + tail, true
	}
	r, ok := t.compose[[2]rune{a, b}]
	return r, ok
}
