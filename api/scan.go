package api

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Scan is a page to read, as the query of a URL.
type Scan struct {
	Filter string `query:"filter" doc:"A condition in the filter language, or its JSON form" example:"lang = \"ko\""`
	Sort   string `query:"sort" doc:"One or two fields to sort by, each with a minus for descending order; by id if missing. Documents without the field come last" example:"-year,title"`
	Limit  int    `query:"limit" default:"100" minimum:"1" doc:"Documents in a page"`
	Cursor string `query:"cursor" doc:"The next of the previous page"`
	Fields Fields `query:"fields" doc:"Parts to return, such as text,metadata,embedding; text and metadata if missing, and id for only the ids"`
}

// ScanRequest is Scan as the body of a request, for filters that do not fit a URL.
type ScanRequest struct {
	Filter Filter `json:"filter,omitzero"`
	Sort   string `json:"sort,omitempty" doc:"One or two fields to sort by, each with a minus for descending order; by id if missing. Documents without the field come last" example:"-year,title"`
	Limit  int    `json:"limit,omitzero" minimum:"0" doc:"Documents in a page; 100 if missing"`
	Cursor string `json:"cursor,omitempty" doc:"The next of the previous page"`
	Fields Fields `json:"fields,omitzero"`
}

// Body is the scan as the body of a request.
func (s *Scan) Body() ScanRequest {
	return ScanRequest{Filter: AnyFilter(s.Filter), Sort: s.Sort, Limit: s.Limit, Cursor: s.Cursor, Fields: s.Fields}
}

// DB is the scan, its filter parsed within limits. Errors are a *FieldError.
func (s *ScanRequest) DB(l filter.Limits) (db.Scan, error) {
	q := Scan{Sort: s.Sort, Limit: cmp.Or(s.Limit, 100), Cursor: s.Cursor, Fields: s.Fields}
	out, err := q.DB(l)
	if err == nil {
		out.Filter, err = s.Filter.Expr(l)
	}
	return out, err
}

// FromScan is the wire form of a scan.
func FromScan(s *db.Scan) Scan {
	out := Scan{Sort: FormatSort(s.Sort), Limit: s.Limit, Fields: FromFields(s.Fields)}
	if s.Filter.Kind() != filter.KindAll {
		out.Filter = s.Filter.String()
	}
	switch {
	case s.After == "":
	case len(s.Sort) > 0:
		out.Cursor = sortedCursor(out.Sort, s)
	default:
		out.Cursor = EncodeCursor(s.After)
	}
	return out
}

// DB is the scan, its filter parsed within limits. Errors are a *FieldError.
func (s *Scan) DB(l filter.Limits) (out db.Scan, err error) {
	out.Limit = s.Limit
	if out.Filter, err = URLFilter(s.Filter, l); err != nil {
		return out, err
	}
	if out.Fields, err = s.Fields.DB(); err != nil {
		return out, err
	}
	if out.Sort, err = ParseSort(s.Sort); err != nil {
		return out, &FieldError{Field: "sort", Err: err, Hint: "write fields with commas between them, and a minus for descending order: -year,title"}
	}
	if len(out.Sort) > 0 && s.Cursor != "" {
		return out, readSorted(&out, s.Cursor)
	}
	out.After, err = DecodeCursor(s.Cursor)
	return out, err
}

// Values is the scan in the query of a URL.
func (s *Scan) Values() url.Values {
	q := url.Values{}
	if s.Filter != "" {
		q.Set("filter", s.Filter)
	}
	if s.Sort != "" {
		q.Set("sort", s.Sort)
	}
	if s.Limit != 0 {
		q.Set("limit", strconv.Itoa(s.Limit))
	}
	if s.Cursor != "" {
		q.Set("cursor", s.Cursor)
	}
	if s.Fields != nil {
		q.Set("fields", s.Fields.text())
	}
	return q
}

// Page is a page of a scan.
type Page struct {
	Documents []StoredDocument `json:"documents" doc:"In the order of sort, or in byte order of their ids"`
	Next      string           `json:"next,omitempty" doc:"The cursor of the next page; missing on the last"`
	Warnings  []string         `json:"warnings,omitzero" doc:"What in the filter is probably a mistake, such as a field that no document has, and fields to sort by that no document has"`
}

// ErrCursor is returned for a cursor that no scan has given.
var ErrCursor = errors.New("the cursor is not one that a scan returned")

// maxCursorBytes is the longest cursor of an id.
const maxCursorBytes = 4096

// EncodeCursor is the cursor of the page behind an id. The encoding keeps clients
// from taking it apart and URLs from breaking.
func EncodeCursor(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// DecodeCursor is the id that a cursor is behind.
func DecodeCursor(c string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil || len(b) > maxCursorBytes || len(b) > 0 && b[0] == sortedMark {
		return "", &FieldError{Field: "cursor", Err: ErrCursor, Hint: "send the next of the page before, with the same sort"}
	}
	return string(b), nil
}
