package filter

// fold joins equalities over one field, which would otherwise be evaluated one by one:
// a = 1 OR a = 2 OR a IN (3) is a IN (1, 2, 3), and a != 1 AND a != 2 is NOT a IN (1, 2).
// The joined condition stands where the first of its parts stood.
func (n *node) fold() *node {
	var values map[string][]Value
	for _, e := range n.args {
		if c, ok := n.foldable(e); ok {
			if values == nil {
				values = make(map[string][]Value, 1)
			}
			values[c.Field] = append(values[c.Field], c.Values...)
		}
	}
	parts, largest := make(map[string]int, len(values)), make(map[string]int, len(values))
	for _, e := range n.args {
		if c, ok := n.foldable(e); ok && len(values[c.Field]) <= foldMost {
			parts[c.Field]++
			largest[c.Field] = max(largest[c.Field], len(c.Values))
		}
	}
	out, joined := &node{kind: n.kind}, false
	for _, e := range n.args {
		c, ok := n.foldable(e)
		switch {
		case !ok || parts[c.Field] < 2:
			out.add(e)
		case values[c.Field] != nil:
			all := condition(c.Field, OpIn, values[c.Field], nil)
			all.n.largest = largest[c.Field] // limits are about what was written
			if n.kind == KindAnd {
				all = Not(all)
			}
			out.add(all)
			values[c.Field], joined = nil, true
		}
	}
	if !joined {
		return n
	}
	return out
}

// foldMost bounds the values of a joined condition, so that it can be parsed again.
const foldMost = 10_000

// foldable returns the equality that a part is: of an OR, = or IN; of an AND, one of
// these that is denied.
func (n *node) foldable(e Expr) (c Condition, ok bool) {
	p := e.n
	if n.kind == KindAnd {
		if p.kind == KindCondition && p.cond.Op == OpNe && !p.invalid {
			return p.cond, true
		}
		if p.kind != KindNot {
			return c, false
		}
		p = p.args[0].n
	}
	return p.cond, p.kind == KindCondition && (p.cond.Op == OpEq || p.cond.Op == OpIn) && !p.invalid
}
