package api

// UploadLine is the answer to a line of an upload, or its end.
type UploadLine struct {
	Line  int            `json:"line,omitzero" doc:"Counted from 1"`
	ID    string         `json:"id,omitempty" doc:"The id of the document; if the text was cut, the source of its chunks"`
	Error *ProblemDetail `json:"error,omitempty"`

	Done     bool `json:"done,omitzero" doc:"Set in the last line, which has the totals"`
	Lines    int  `json:"lines,omitzero"`
	Written  int  `json:"written,omitzero"`
	Rejected int  `json:"rejected,omitzero"`
}
