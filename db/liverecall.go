package db

// LiveRecall is the recall of the two-stage search on sampled queries: the share of
// the true K nearest that it found.
type LiveRecall struct {
	Samples int     `json:"samples"`
	Mean    float64 `json:"mean"` // of all samples; 0 if there are none
	Worst   float64 `json:"worst"`
}

// LiveRecall returns the recall on queries sampled since the collection was opened
// or its model was changed. See Options.RecallSample.
func (c *Collection) LiveRecall() LiveRecall { return LiveRecall(c.current.Load().LiveRecall()) }
