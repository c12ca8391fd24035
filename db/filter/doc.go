// Package filter implements conditions on metadata: it builds, parses, prints and evaluates
// them.
//
//	e := filter.And(
//		filter.Eq("lang", "ko"),
//		filter.Ge("year", 2020),
//		filter.Not(filter.In("status", "draft", "old")),
//	)
//
// is the same expression as
//
//	e, err := filter.Parse(`lang = "ko" AND year >= 2020 AND NOT status IN ("draft", "old")`)
//
// An Expr is immutable and safe for concurrent use. Its zero value matches
// every document, so a filter can be built up step by step:
//
//	var e filter.Expr
//	e = filter.And(e, filter.Eq("lang", "ko"))
//
// # What a comparison means
//
// There are no null values and no third truth value: every condition is true
// or false for every document.
//
//  1. Each metadata value belongs to one kind: string, bool, number, time, or
//     list of strings or numbers. A comparison between different kinds is false.
//  2. A comparison on a field the document lacks is false.
//  3. NOT turns true into false and false into true, rules 1 and 2 included:
//     NOT year > 2020 also holds for a document without a year.
//  4. a != v is NOT a = v, so it holds where a is missing or of another kind.
//     To require another value, use EXISTS a AND a != v.
//  5. Numbers compare by value, exactly: 3 = 3.0, and an int64 above 2^53 equals
//     only itself.
//  6. A string that ParseTime reads is a time, in metadata and in expressions
//     alike: RFC 3339 and its usual variants, a date being its midnight, UTC where
//     no zone is named. Times compare as instants:
//     "2024-05-01T09:00:00+09:00" = "2024. 5. 1." = "2024-05-01 00:00".
//  7. Other strings compare byte by byte, which is the order of their code
//     points. Case matters. Unicode normalisation does not: strings and names of
//     fields are compared in their composed form (NFC).
//  8. Only = and != and IN apply to bools: they have no order.
//  9. CONTAINS looks for one string or number in a list. It does not search
//     inside a string.
//  10. STARTS WITH, LIKE and ILIKE look at the text of a string, also of one that is
//     a time. In LIKE, % is any text and _ any character, and \ takes their meaning
//     away; the whole string must fit. ILIKE is LIKE without regard to case.
//
// # The language
//
//	expr      = term { OR term }
//	term      = factor { AND factor }
//	factor    = NOT factor | "(" expr ")" | TRUE | FALSE | condition
//	condition = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//	          | field [ NOT ] IN "(" [ value { "," value } ] ")"
//	          | field [ NOT ] CONTAINS ( string | number )
//	          | field [ NOT ] ( STARTS WITH | LIKE | ILIKE ) string
//	          | EXISTS field
//	value     = string | number | TRUE | FALSE
//
// Keywords are case-insensitive; STARTS, WITH, LIKE and ILIKE are also names of fields.
// A field is a letter or underscore followed by
// letters of any script, digits, underscores, dots and hyphens; any other name,
// or one that is a keyword, goes in backquotes (a backquote inside is doubled).
// Strings are in double or single quotes; \" \' \\ \/ \n \r \t \b \f and \uXXXX
// are escapes, and a doubled quote is a quote.
//
// # The planner's view
//
// Kind, Args and Condition walk an expression. Constructors and Parse fold away constants,
// nested ANDs and ORs, several equalities of one field, and double negation, so constants
// appear only at the root. Value.AppendKey encodes a value so that the order of
// the bytes is the order of rules 5 to 7: a range on a field is one range of
// keys.
//
// The names FieldID and FieldSource mean a document's id and source in a database. An
// Expr knows nothing of that.
package filter
