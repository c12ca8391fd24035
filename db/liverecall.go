package db

// LiveRecall is what sampled queries say about the two-stage search: the share
// of the true K nearest that it found.
type LiveRecall struct {
	Samples int     `json:"samples"`
	Mean    float64 `json:"mean"` // of all samples; 0 without any
	Worst   float64 `json:"worst"`
}

// LiveRecall reports what the sampled queries have shown since the collection
// was opened, or has changed its model. See Options.RecallSample.
func (c *Collection) LiveRecall() LiveRecall { return LiveRecall(c.current.Load().LiveRecall()) }
