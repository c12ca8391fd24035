package chunk

// pack joins units into chunks, as many as fit.
func (s *splitter) pack() []Chunk {
	var out []Chunk
	for first, begun := 0, 0; begun < len(s.units); {
		// units[first:begun] repeat the previous chunk; units[begun:] are new.
		last := s.fill(first, begun)
		start, end := s.units[first].start, s.units[last].end
		header := s.header(first, begun)
		out = append(out, Chunk{
			Text: header + s.doc[start:end], Start: start, End: end, Header: header,
			Heading: s.heading(last), Index: len(out),
		})
		begun = last + 1
		first = s.overlap(first, begun)
	}
	return out
}

// fill returns the last unit of a chunk that begins with units[first] and holds
// at least units[begun].
func (s *splitter) fill(first, begun int) int {
	last := begun
	header := s.header(first, begun)
	tokens := s.fixed
	if header != "" {
		tokens += s.tables[s.units[first].table-1].tokens
	}
	for _, u := range s.units[first : last+1] {
		tokens += u.tokens
	}
	for next := last + 1; next < len(s.units) && s.together(first, next); next++ {
		add := s.units[next].tokens
		if tokens+add > s.opts.MaxTokens {
			// The sum over the units may exceed the count of the whole. Count
			// again.
			tokens = s.opts.Count(header + s.doc[s.units[first].start:s.units[last].end])
			if tokens+add > s.opts.MaxTokens {
				break
			}
		}
		tokens += add
		last = next
	}
	// It may also be less. Then drop units until the chunk fits.
	for last > begun && s.opts.Count(header+s.doc[s.units[first].start:s.units[last].end]) > s.opts.MaxTokens {
		last--
	}
	return last
}

// header is the header of the table in whose rows a chunk from units[first] begins. It is
// empty if the chunk would then not hold units[begun].
func (s *splitter) header(first, begun int) string {
	header := s.repeated(first)
	if header != "" && s.opts.Count(header+s.doc[s.units[first].start:s.units[begun].end]) > s.opts.MaxTokens {
		return ""
	}
	return header
}

// repeated is the header of the table that has units[first] as a row.
func (s *splitter) repeated(first int) string {
	if s.units[first].table == 0 {
		return ""
	}
	t := s.tables[s.units[first].table-1]
	return s.doc[t.start:t.end]
}

// together reports whether a chunk from units[first] may continue with units[next]: not
// into another section, unless it has only headings so far.
func (s *splitter) together(first, next int) bool {
	if s.units[next].section == s.units[next-1].section {
		return true
	}
	for _, u := range s.units[first:next] {
		if !u.heading {
			return false
		}
	}
	return true
}

// overlap returns the first unit that the chunk starting at units[begun] repeats.
func (s *splitter) overlap(before, begun int) int {
	if begun == len(s.units) {
		return begun
	}
	tokens := 0
	first := begun
	for i := begun - 1; i > before; i-- {
		u := s.units[i]
		tokens += u.tokens
		if tokens > *s.opts.Overlap || u.section != s.units[begun].section || u.heading {
			break
		}
		first = i
	}
	// The repeated units must leave room for the first new one.
	for first < begun && s.opts.Count(s.repeated(first)+s.doc[s.units[first].start:s.units[begun].end]) > s.opts.MaxTokens {
		first++
	}
	return first
}

// heading returns the heading path of a unit, a copy for the caller.
func (s *splitter) heading(i int) []string {
	if len(s.sections) == 0 {
		return nil
	}
	return append([]string(nil), s.sections[s.units[i].section]...)
}
