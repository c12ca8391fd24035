package opensearch

import (
	"strings"
	"testing"
	"time"
)

func TestURL(t *testing.T) {
	s, err := parseURL("opensearchs://us%40er:se%3Acret@a:9201,b,[::1]/notes-2?shards=4&replicas=0&refresh=wait_for&timeout=2s")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(s.nodes, " "), "https://a:9201 https://b:9200 https://[::1]:9200"; got != want {
		t.Errorf("nodes %s, want %s", got, want)
	}
	if s.user != "us@er" || s.password != "se:cret" || s.prefix != "notes-2" || s.shards != 4 || s.replicas != 0 || s.refresh != "wait_for" || s.timeout != 2*time.Second || s.tls == nil {
		t.Errorf("%+v", s)
	}
	if s, err := parseURL("opensearch://localhost"); err != nil || s.prefix != defaultPrefix || s.shards != 1 || s.replicas != -1 || s.tls != nil {
		t.Errorf("the defaults: %+v, %v", s, err)
	}
	for url, says := range map[string]string{
		"opensearch://":                       "names no host",
		"opensearch://a,,b":                   "names no host",
		"opensearch://u:secret@a/Upper":       "lower-case letters",
		"opensearch://u:secret@a/_x":          "lower-case letters",
		"opensearch://u:secret@a?shards=0":    "want a number from 1",
		"opensearch://u:secret@a?shards=x":    "want a number from 1",
		"opensearch://u:secret@a?shard=1":     "no such setting",
		"opensearch://u:secret@a?refresh=no":  "want true or wait_for",
		"opensearch://u:secret@a?timeout=1":   "timeout=1",
		"opensearch://u:secret@a?tls=perhaps": "tls=perhaps",
		"opensearch://u:secret@a?ca=x.pem":    "opensearchs://",
		"opensearch://u:secret%zz@a":          "must be escaped",
		"opensearch://u:secret@a:b:c":         "no host with a port",
	} {
		_, err := parseURL(url)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
