package api

// URLQuery is a search as the query of a URL.
type URLQuery struct {
	Text      string `query:"q" required:"true" minLength:"1" doc:"The text to look for" example:"spring in Seoul"`
	K         int    `query:"k" minimum:"0" doc:"Number of results; 10 if missing"`
	Offset    int    `query:"offset" minimum:"0" doc:"Results to leave out before the k"`
	Filter    string `query:"filter" doc:"A condition in the filter language, or its JSON form" example:"lang = \"ko\""`
	Mode      string `query:"mode" enum:"dense,lexical,hybrid" doc:"What to rank by; hybrid if missing"`
	PerSource int    `query:"per_source" minimum:"0" doc:"At most this many results of the same source"`
	GroupBy   string `query:"group_by" doc:"A field of which at most per_group results share a value"`
	PerGroup  int    `query:"per_group" minimum:"0" doc:"With group_by: results of the same value; 1 if missing"`
	Exact     bool   `query:"exact" doc:"Exact (brute-force) search; slow"`
	Fields    Fields `query:"fields" doc:"Parts to return, such as text,metadata,embedding; text and metadata if missing"`
}

// Query is the query.
func (u *URLQuery) Query() Query {
	q := Query{
		Text: u.Text, K: u.K, Offset: u.Offset, PerSource: u.PerSource, GroupBy: u.GroupBy, PerGroup: u.PerGroup, Exact: u.Exact, Fields: u.Fields,
		Filter: AnyFilter(u.Filter),
	}
	_ = q.Mode.UnmarshalText([]byte(u.Mode)) // the schema has the names
	return q
}
