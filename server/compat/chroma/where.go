package chroma

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/server/problem"
)

// parseWhere translates a condition on metadata.
func (h *Host) parseWhere(raw json.RawMessage) (filter.Expr, *problem.Problem) {
	v, p := h.object(raw, "where")
	if p != nil || v == nil {
		return filter.All(), p
	}
	e, p := h.where(v, 0)
	if p != nil {
		return e, p
	}
	if err := e.Validate(h.Filter); err != nil {
		return e, bad("where", "%s", err)
	}
	return e, nil
}

// object reads a condition; nil if there is none.
func (h *Host) object(raw json.RawMessage, param string) (map[string]any, *problem.Problem) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, bad(param, "%s is not an object", param)
	}
	if len(v) == 0 {
		return nil, nil
	}
	return v, nil
}

func (h *Host) where(v map[string]any, depth int) (filter.Expr, *problem.Problem) {
	if depth > h.Filter.MaxDepth {
		return filter.None(), bad("where", "where is nested more than %d deep", h.Filter.MaxDepth)
	}
	if len(v) != 1 {
		return filter.None(), bad("where", "expected where to have exactly one operator, got %d fields", len(v)).
			Hint(`join conditions with {"$and": [...]}`)
	}
	for field, x := range v {
		switch {
		case field == "$and" || field == "$or":
			parts, p := h.parts(field, x, "where")
			if p != nil {
				return filter.None(), p
			}
			exprs := make([]filter.Expr, len(parts))
			for i, part := range parts {
				if exprs[i], p = h.where(part, depth+1); p != nil {
					return filter.None(), p
				}
			}
			if field == "$and" {
				return filter.And(exprs...), nil
			}
			return filter.Or(exprs...), nil
		case field == "#document":
			return filter.None(), bad("where", "#document is not a field of metadata").Hint("use where_document")
		case strings.HasPrefix(field, "$"):
			return filter.None(), bad("where", "there is no operator %.40q", field)
		}
		return condition(field, x)
	}
	return filter.All(), nil
}

// parts are the conditions of $and and $or.
func (h *Host) parts(op string, x any, param string) ([]map[string]any, *problem.Problem) {
	list, ok := x.([]any)
	if !ok || len(list) == 0 {
		return nil, bad(param, "%s needs a list of conditions", op)
	}
	if len(list) > h.Filter.MaxConditions {
		return nil, bad(param, "%s has %d conditions, at most %d", op, len(list), h.Filter.MaxConditions)
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		if out[i], ok = list[i].(map[string]any); !ok || len(out[i]) == 0 {
			return nil, bad(param, "%s needs a list of conditions", op)
		}
	}
	return out, nil
}

// condition translates the condition on one field.
func condition(field string, x any) (filter.Expr, *problem.Problem) {
	ops, ok := x.(map[string]any)
	if !ok {
		ops = map[string]any{"$eq": x}
	}
	if len(ops) != 1 {
		return filter.None(), bad("where", "expected one operator on %.100q, got %d", field, len(ops))
	}
	for op, x := range ops {
		if op == "$in" || op == "$nin" {
			return within(field, op, x)
		}
		v, p := scalar(field, x)
		if p != nil {
			return filter.None(), p
		}
		switch op {
		case "$eq":
			return filter.Eq(field, v), nil
		case "$ne":
			return filter.Ne(field, v), nil
		case "$gt":
			return filter.Gt(field, v), nil
		case "$gte":
			return filter.Ge(field, v), nil
		case "$lt":
			return filter.Lt(field, v), nil
		case "$lte":
			return filter.Le(field, v), nil
		case "$contains":
			return filter.Contains(field, v), nil
		case "$not_contains":
			return filter.Not(filter.Contains(field, v)), nil
		}
		return filter.None(), bad("where", "there is no operator %.40q", op).
			Hint("use $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $contains or $not_contains")
	}
	return filter.All(), nil
}

func within(field, op string, x any) (filter.Expr, *problem.Problem) {
	list, ok := x.([]any)
	if !ok || len(list) == 0 {
		return filter.None(), bad("where", "%s on %.100q needs a list of values", op, field)
	}
	values := make([]any, len(list))
	for i := range list {
		var p *problem.Problem
		if values[i], p = scalar(field, list[i]); p != nil {
			return filter.None(), p
		}
	}
	if op == "$nin" {
		return filter.Not(filter.In(field, values...)), nil
	}
	return filter.In(field, values...), nil
}

// scalar is a value that a field is compared with.
func scalar(field string, x any) (any, *problem.Problem) {
	switch x := x.(type) {
	case string, bool:
		return x, nil
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n, nil
		}
		if f, err := x.Float64(); err == nil {
			return f, nil
		}
	}
	return nil, bad("where", "the value of %.100q is not a string, a number or a boolean", field)
}

// A textual is a condition on the text of a document; nil holds always.
type textual func(text string) bool

// parseTextual translates where_document.
func (h *Host) parseTextual(raw json.RawMessage) (textual, *problem.Problem) {
	v, p := h.object(raw, "where_document")
	if p != nil || v == nil {
		return nil, p
	}
	return h.textual(v, 0)
}

func (h *Host) textual(v map[string]any, depth int) (textual, *problem.Problem) {
	const param = "where_document"
	if depth > h.Filter.MaxDepth {
		return nil, bad(param, "where_document is nested more than %d deep", h.Filter.MaxDepth)
	}
	if len(v) != 1 {
		return nil, bad(param, "expected where_document to have exactly one operator, got %d", len(v))
	}
	for op, x := range v {
		if op == "$and" || op == "$or" {
			return h.several(op, x, depth)
		}
		s, ok := x.(string)
		if !ok || s == "" {
			return nil, bad(param, "%.40s needs a text", op)
		}
		switch op {
		case "$contains":
			return func(text string) bool { return strings.Contains(text, s) }, nil
		case "$not_contains":
			return func(text string) bool { return !strings.Contains(text, s) }, nil
		case "$regex", "$not_regex":
			re, err := regexp.Compile(s)
			if err != nil {
				return nil, bad(param, "%s", err)
			}
			return func(text string) bool { return re.MatchString(text) == (op == "$regex") }, nil
		}
		return nil, bad(param, "there is no operator %.40q", op).Hint("use $contains, $not_contains, $regex, $not_regex, $and or $or")
	}
	return nil, nil
}

// several joins the conditions of $and and $or.
func (h *Host) several(op string, x any, depth int) (textual, *problem.Problem) {
	parts, p := h.parts(op, x, "where_document")
	if p != nil {
		return nil, p
	}
	all := make([]textual, len(parts))
	for i, part := range parts {
		if all[i], p = h.textual(part, depth+1); p != nil {
			return nil, p
		}
	}
	one := op == "$or"
	return func(text string) bool {
		for _, holds := range all {
			if holds(text) == one {
				return one
			}
		}
		return !one
	}, nil
}
