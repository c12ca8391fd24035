package eval

// Mixed joins sets into one collection, which is as real ones are: in several languages,
// and with much in it that is not about a question. Documents with the same title and
// text are one. Ids of queries begin with the name of their set.
func Mixed(sets []*Set) *Set {
	m := &Set{Name: "mixed", Grades: make(Grades)}
	type content struct{ title, text string }
	known := make(map[content]string)
	names := make(map[string]bool)
	for _, s := range sets {
		name := s.Name
		for names[name] { // several folders of the same name
			name += "'"
		}
		names[name] = true
		ids := make(map[string]string, len(s.Documents))
		for _, d := range s.Documents {
			c := content{d.Title, d.Text}
			id, ok := known[c]
			if !ok {
				id = name + "/" + d.ID
				known[c] = id
				m.Documents = append(m.Documents, Document{id, d.Title, d.Text, d.Lang})
			}
			ids[d.ID] = id
		}
		for _, q := range s.Queries {
			id := name + "/" + q.ID
			m.Queries = append(m.Queries, Query{id, q.Text, q.Lang})
			m.Grades[id] = make(map[string]int)
			for doc, grade := range s.Grades[q.ID] {
				m.Grades[id][ids[doc]] = max(grade, m.Grades[id][ids[doc]])
			}
		}
		m.Unjudged += s.Unjudged
	}
	return m
}
