package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// report holds all measurements.
type report struct {
	Machine   string    `json:"machine"`
	CPUs      int       `json:"cpus"`
	Date      string    `json:"date"`
	Documents int       `json:"documents"`
	Library   []*result `json:"library"`
	HTTP      []*result `json:"http"`
	Alone     *result   `json:"alone,omitempty"` // one client of a server with its default limits
	Crowd     *result   `json:"crowd,omitempty"` // many
	RSS       []int64   `json:"rss_mib,omitempty"`
	Hostile   []hostile `json:"hostile,omitempty"`
}

// result is the outcome for a number of clients. The exported fields are reported; the
// others are for finish. Times are in nanoseconds.
type result struct {
	Clients    int           `json:"clients"`
	Wall       time.Duration `json:"wall"`
	CPU        time.Duration `json:"cpu"` // of the library's process, or the server's
	Answered   int           `json:"answered"`
	PerSecond  float64       `json:"per_second"`
	P50        time.Duration `json:"p50"`
	P99        time.Duration `json:"p99"`
	Embed      time.Duration `json:"embed"`  // mean
	Search     time.Duration `json:"search"` // mean, with embedding, without HTTP
	Mean       time.Duration `json:"mean"`
	Refused    int           `json:"refused"`
	RefusedP50 time.Duration `json:"refused_p50"`
	RefusedP99 time.Duration `json:"refused_p99"`
	Failed     int           `json:"failed"` // wrong answers, and connections that broke
	Failure    string        `json:"failure,omitempty"`

	took, refused []time.Duration
	embed, search time.Duration
}

func (r *result) fail(err error) {
	r.Failed++
	r.Failure = err.Error()
}

func (r *result) add(o *result) {
	r.took, r.refused = append(r.took, o.took...), append(r.refused, o.refused...)
	r.embed, r.search = r.embed+o.embed, r.search+o.search
	if r.Failed += o.Failed; o.Failure != "" {
		r.Failure = o.Failure
	}
}

// finish computes the figures from the collected outcomes.
func (r *result) finish() {
	r.Answered, r.Refused = len(r.took), len(r.refused)
	r.P50, r.P99 = quantile(r.took, .5), quantile(r.took, .99)
	r.RefusedP50, r.RefusedP99 = quantile(r.refused, .5), quantile(r.refused, .99)
	if r.Answered == 0 {
		return
	}
	r.PerSecond = float64(r.Answered) / r.Wall.Seconds()
	n := time.Duration(r.Answered)
	for _, d := range r.took {
		r.Mean += d
	}
	r.Embed, r.Search, r.Mean = r.embed/n, r.search/n, r.Mean/n
}

func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, int(q*float64(len(d))))]
}

func (r *report) markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("%d documents, k = %d, hybrid; %s, %d CPUs for server and clients together, %s\n\n", r.Documents, k, r.Machine, r.CPUs, r.Date)
	p("| clients | | searches/s | p50 µs | p99 µs | embedding, mean µs (share) | CPU µs a search |\n| ---: | --- | ---: | ---: | ---: | ---: | ---: |\n")
	line := func(name string, x *result) {
		share := 0.0
		if x.Mean > 0 {
			share = 100 * float64(x.Embed) / float64(x.Mean)
		}
		p("| %d | %s | %.0f | %d | %d | %d (%.0f %%) | %d |\n", x.Clients, name, x.PerSecond, x.P50.Microseconds(), x.P99.Microseconds(),
			x.Embed.Microseconds(), share, (x.CPU / time.Duration(max(1, x.Answered))).Microseconds())
		if x.Failed > 0 {
			p("\n**%d failed, such as: %s**\n\n", x.Failed, x.Failure)
		}
	}
	for i := range r.HTTP {
		line("library", r.Library[i])
		line("HTTP", r.HTTP[i])
	}
	if r.Crowd == nil {
		return b.String()
	}
	a, c := r.Alone, r.Crowd
	p("\nWith its default limits:\n\n| clients | answered | refused | searches/s | p50 µs | p99 µs | refused p50 µs | refused p99 µs |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, x := range []*result{a, c} {
		p("| %d | %d | %d | %.0f | %d | %d | %d | %d |\n", x.Clients, x.Answered, x.Refused, x.PerSecond, x.P50.Microseconds(), x.P99.Microseconds(),
			x.RefusedP50.Microseconds(), x.RefusedP99.Microseconds())
	}
	p("\np99 of the answered is %.1f times that of one client; %d answers were wrong or lost; resident memory %d MiB before, %d at most, %d after\n",
		float64(c.P99)/float64(max(1, a.P99)), a.Failed+c.Failed, r.RSS[0], slices.Max(r.RSS), r.RSS[len(r.RSS)-1])
	if c.Failed > 0 {
		p("\n**such as: %s**\n", c.Failure)
	}
	return b.String()
}
