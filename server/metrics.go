package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/fronyai/frony-db/db"
)

// metrics are in a registry of their own, so that two servers in one program don't
// collide.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	refusals *prometheus.CounterVec
	stages   *prometheus.HistogramVec
	plans    *prometheus.CounterVec
	recall   *prometheus.HistogramVec
	running  prometheus.Gauge
	tasks    *prometheus.CounterVec
}

func newMetrics(s *Server) *metrics {
	buckets := []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "frony_http_requests_total", Help: "Requests by route, method and status.",
		}, []string{"route", "method", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "frony_http_request_seconds", Help: "Time from the header to the end of the answer.", Buckets: buckets,
		}, []string{"route"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "frony_http_refused_total", Help: "Requests refused for their key, rate or origin, or because no slot was free, by the code of the error.",
		}, []string{"code"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "frony_search_stage_seconds", Help: "Time of a search by stage.", Buckets: buckets,
		}, []string{"stage"}),
		plans: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "frony_searches_total", Help: "Searches by plan.",
		}, []string{"plan"}),
		recall: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "frony_recall_at_k", Help: "Recall of sampled searches: the share of the true k nearest, found by an exact search, that they returned.",
			Buckets: []float64{.5, .7, .8, .9, .95, .98, .99, .999, 1},
		}, []string{"collection", "k"}),
		tasks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "frony_tasks_total", Help: "Maintenance tasks that ended, by kind and how: done, failed or cancelled.",
		}, []string{"kind", "state"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "frony_http_requests_running", Help: "Requests in progress.",
		}),
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(
		m.requests, m.took, m.refusals, m.stages, m.plans, m.recall, m.running, m.tasks,
		gauge("frony_tasks_running", "Maintenance tasks that run.", func() float64 { return float64(s.tasks.Running()) }),
		gauge("frony_searches_running", "Searches that hold a slot.", func() float64 { return float64(s.searches.Running()) }),
		gauge("frony_searches_waiting", "Searches that wait for a slot.", func() float64 { return float64(s.searches.Waiting()) }),
		gauge("frony_writes_running", "Writes that hold a slot.", func() float64 { return float64(s.writes.Running()) }),
		gauge("frony_writes_waiting", "Writes that wait for a slot.", func() float64 { return float64(s.writes.Waiting()) }),
		gauge("frony_ready", "1 when /readyz returns 200.", func() float64 {
			if s.state.Load() == stateReady {
				return 1
			}
			return 0
		}),
		&collectionsCollector{s},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: 4, Timeout: 10 * time.Second, DisableCompression: true, // the server compresses
	})
}

// begin counts the start of a request. The function it returns counts its end.
func (m *metrics) begin() func(route, method string, status int, took time.Duration) {
	m.running.Inc()
	return func(route, method string, status int, took time.Duration) {
		m.running.Dec()
		m.requests.WithLabelValues(route, methodLabel(method), strconv.Itoa(status)).Inc()
		m.took.WithLabelValues(route).Observe(took.Seconds())
	}
}

// methodLabel bounds the labels, whatever methods clients make up.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "_OTHER" // as in OpenTelemetry
}

func (m *metrics) refused(code string) { m.refusals.WithLabelValues(code).Inc() }

// ObserveRecall counts the recall of a sampled query in the metric
// frony_recall_at_k. It fits db.Options.OnRecall.
func (s *Server) ObserveRecall(collection string, k int, recall float64) {
	s.metrics.recall.WithLabelValues(collection, recallLabel(k)).Observe(recall)
}

// recallLabel bounds the labels, whatever k clients choose.
func recallLabel(k int) string {
	for _, top := range []int{1, 5, 10, 20, 50, 100} {
		if k <= top {
			return "up to " + strconv.Itoa(top)
		}
	}
	return "above 100"
}

func (m *metrics) searched(t *db.Trace) {
	m.plans.WithLabelValues(string(t.Plan)).Inc()
	for _, s := range append(stages(t), stage{"total", t.Total}) {
		m.stages.WithLabelValues(s.name).Observe(s.took.Seconds())
	}
}

// collectionsCollector measures the collections when metrics are collected.
type collectionsCollector struct{ s *Server }

var (
	documentsDesc   = prometheus.NewDesc("frony_documents", "Documents by collection.", []string{"collection"}, nil)
	deadDesc        = prometheus.NewDesc("frony_dead_nodes", "Deleted nodes that wait for repair.", []string{"collection"}, nil)
	checkedDesc     = prometheus.NewDesc("frony_checked_documents_total", "Self-queries since the start: documents that were searched for by their own vectors.", []string{"collection"}, nil)
	unreachableDesc = prometheus.NewDesc("frony_unreachable_documents", "Documents that the graph did not return to their self-query, in the last complete pass, or in the current one if already higher.", []string{"collection"}, nil)
	memoryDesc      = prometheus.NewDesc("frony_memory_bytes", "Memory of a collection by part.", []string{"collection", "part"}, nil)
	diskDesc        = prometheus.NewDesc("frony_disk_bytes", "Disk space of a collection's derived files by part.", []string{"collection", "part"}, nil)
	degradedDesc    = prometheus.NewDesc("frony_degraded_collections", "Collections that were filled with another model and find texts by words alone.", nil, nil)
	aliasDesc       = prometheus.NewDesc("frony_alias", "1 for each alias, with the collection that it leads to.", []string{"alias", "collection"}, nil)
	storeDesc       = prometheus.NewDesc("frony_store_bytes", "Disk space of the store, all collections together.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *collectionsCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{documentsDesc, deadDesc, checkedDesc, unreachableDesc, memoryDesc, diskDesc, storeDesc, degradedDesc, aliasDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collectionsCollector) Collect(ch chan<- prometheus.Metric) {
	if c.s.state.Load() != stateReady {
		return // a collection that is opening would delay the answer
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	send := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	var store, degraded int64
	for info, err := range c.s.db.Collections(ctx) {
		if err != nil {
			return
		}
		if info.Degraded != "" {
			degraded++
		}
		for _, alias := range info.Aliases {
			send(aliasDesc, 1, alias, info.Name)
		}
		col, err := c.s.db.Collection(ctx, info.Name, &db.CollectionOptions{MustExist: true})
		if err != nil {
			continue // of another model, or just dropped
		}
		t, err := col.Stats()
		if err != nil {
			continue
		}
		send(documentsDesc, int64(t.Documents), t.Name)
		send(deadDesc, int64(t.Dead), t.Name)
		if q, ok := c.s.selfQueriesOf(t.Name); ok {
			ch <- prometheus.MustNewConstMetric(checkedDesc, prometheus.CounterValue, float64(q.checked), t.Name)
			send(unreachableDesc, int64(q.found()), t.Name)
		}
		send(memoryDesc, t.Memory.Graph, t.Name, "graph")
		send(memoryDesc, t.Memory.Codes, t.Name, "codes")
		send(memoryDesc, t.Memory.Nodes, t.Name, "nodes")
		send(memoryDesc, t.Memory.Metadata, t.Name, "metadata")
		send(memoryDesc, t.Memory.Lexical, t.Name, "lexical")
		send(memoryDesc, t.Memory.Rows, t.Name, "rows_mapped")
		send(diskDesc, t.Disk.Rows, t.Name, "rows")
		send(diskDesc, t.Disk.Snapshot, t.Name, "snapshot")
		store = t.Disk.Store
	}
	send(storeDesc, store)
	send(degradedDesc, degraded)
}
