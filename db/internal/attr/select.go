package attr

import (
	"errors"
	"slices"

	"github.com/fronyai/frony-db/db/filter"
)

// Select returns the nodes below n that meet the filter, as a bit for each node.
// The filter also decides on nodes without any metadata. The caller knows which
// nodes are live. ids evaluates a condition on the id of documents, whose values are
// texts.
func (x *Index) Select(e filter.Expr, n uint32, ids func(filter.Expr) ([]uint64, error)) ([]uint64, error) {
	s := selection{x: x, n: n, words: int(n+63) / 64}
	x.mu.RLock()
	s.named = x.columns["id"] != nil
	x.mu.RUnlock()
	if err := s.find(e, ids); err != nil { // without the lock: it may read the columns
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	out := s.eval(e)
	if r := n % 64; r != 0 {
		out[len(out)-1] &= 1<<r - 1
	}
	return out, nil
}

// Having returns the nodes below n whose field has one of the texts, as a bit for each
// node, or nil if no node can have one.
func (x *Index) Having(field string, n uint32, texts ...string) []uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := x.columns[field]
	if c == nil {
		return nil
	}
	values := make([]any, len(texts))
	for i, t := range texts {
		values[i] = t
	}
	positions := c.equals(filter.In(field, values...).AsText().Condition())
	if len(positions) == 0 {
		return nil
	}
	out := make([]uint64, int(n+63)/64)
	c.collect(out, n, positions)
	return out
}

// Matching returns the nodes below n whose field meets a condition, as a bit for each
// node, whatever field the condition names. A missing field meets none.
func (x *Index) Matching(field string, e filter.Expr, n uint32) []uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := x.columns[field]
	if c == nil {
		return nil
	}
	s := selection{x: x, n: n, words: int(n+63) / 64}
	return s.compare(e, c, false)
}

type selection struct {
	x     *Index
	n     uint32
	words int
	named bool       // there is a field "id" in the metadata
	found [][]uint64 // what the conditions on ids are met by, in order
}

// find evaluates the conditions on ids.
func (s *selection) find(e filter.Expr, ids func(filter.Expr) ([]uint64, error)) error {
	for _, a := range e.Args() {
		if err := s.find(a, ids); err != nil {
			return err
		}
	}
	if e.Kind() != filter.KindCondition || !valid(e) || meant(e.Condition().Field, s.named) != filter.FieldID {
		return nil
	}
	bits, err := ids(e.AsText())
	s.found = append(s.found, bits)
	return err
}

func valid(e filter.Expr) bool { return !errors.Is(e.Validate(filter.Limits{}), filter.ErrValue) }

func (s *selection) eval(e filter.Expr) []uint64 {
	switch e.Kind() {
	case filter.KindAll:
		return s.constant(true)
	case filter.KindNone:
		return s.constant(false)
	case filter.KindNot:
		out := s.eval(e.Args()[0])
		invert(out)
		return out
	case filter.KindAnd, filter.KindOr:
		args := e.Args()
		out := s.eval(args[0])
		for _, a := range args[1:] {
			b := s.eval(a)
			for i := range out {
				if e.Kind() == filter.KindAnd {
					out[i] &= b[i]
				} else {
					out[i] |= b[i]
				}
			}
		}
		return out
	default:
		return s.condition(e)
	}
}

func invert(bits []uint64) {
	for i := range bits {
		bits[i] = ^bits[i]
	}
}

func (s *selection) constant(all bool) []uint64 {
	out := make([]uint64, s.words)
	if all {
		invert(out)
	}
	return out
}

// meant is the field that a name means: id is the id of a document unless one has
// metadata of that name.
func meant(name string, named bool) string {
	if name == "id" && !named {
		return filter.FieldID
	}
	return name
}

func (s *selection) condition(e filter.Expr) []uint64 {
	if !valid(e) {
		return s.constant(false)
	}
	field := meant(e.Condition().Field, s.named)
	switch field {
	case filter.FieldID:
		out := s.found[0]
		s.found = s.found[1:]
		return out
	case filter.FieldSource:
		field, e = SourceColumn, e.AsText()
	}
	missing := e.Match(func(string) (any, bool) { return nil, false })
	c := s.x.columns[field]
	if c == nil {
		return s.constant(missing)
	}
	switch cond := e.Condition(); cond.Op {
	case filter.OpEq, filter.OpIn, filter.OpNe:
		out := s.constant(false)
		c.collect(out, s.n, c.equals(cond))
		if cond.Op == filter.OpNe {
			invert(out)
		}
		return out
	default:
		return s.compare(e, c, missing)
	}
}

// equals returns the positions of the values that equal one of the condition's, in order.
func (c *column) equals(cond filter.Condition) []uint32 {
	var positions []uint32
	for _, v := range cond.Values {
		positions = c.find(positions, v)
	}
	slices.Sort(positions)
	return slices.Compact(positions)
}

// collect sets the bits of the nodes below n whose position is among positions, which are
// in order.
func (c *column) collect(out []uint64, n uint32, positions []uint32) {
	if len(positions) == 0 {
		return
	}
	if c.sparse != nil {
		for node, p := range c.sparse {
			if node < n {
				if _, ok := slices.BinarySearch(positions, p); ok {
					out[node/64] |= 1 << (node % 64)
				}
			}
		}
		return
	}
	has := make([]uint64, len(c.dict)/64+1) // a bit for each position
	for _, p := range positions {
		has[p/64] |= 1 << (p % 64)
	}
	dense := c.dense[:min(int(n), len(c.dense))]
	for i, b := range c.blocks {
		at, _ := slices.BinarySearch(positions, b.low)
		if at == len(positions) || positions[at] > b.high {
			continue
		}
		for node := i * blockSize; node < min((i+1)*blockSize, len(dense)); node++ {
			if p := dense[node]; has[p/64]>>(p%64)&1 != 0 {
				out[node/64] |= 1 << (node % 64)
			}
		}
	}
}

// compare evaluates a condition for every distinct value.
func (s *selection) compare(e filter.Expr, c *column, missing bool) []uint64 {
	out := s.constant(missing)
	meets := make([]bool, len(c.dict)+1)
	meets[0] = missing
	differs := false
	for i, v := range c.dict {
		if v == nil {
			continue
		}
		meets[i+1] = e.Match(func(string) (any, bool) { return compared(v), true })
		differs = differs || meets[i+1] != missing
	}
	if !differs {
		return out
	}
	for node, p := range c.sparse {
		if node < s.n && meets[p] != missing {
			out[node/64] ^= 1 << (node % 64)
		}
	}
	for base := 0; base < min(int(s.n), len(c.dense)); base += 64 {
		var word uint64
		for i, p := range c.dense[base:min(base+64, len(c.dense))] {
			if meets[p] {
				word |= 1 << i
			}
		}
		if rest := len(c.dense) - base; missing && rest < 64 {
			word |= ^uint64(0) << rest
		}
		out[base/64] = word
	}
	return out
}
