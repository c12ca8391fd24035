package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// The bare client tells answers, refusals and wrong answers apart.
func TestLoop(t *testing.T) {
	n := 0
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		switch n % 3 {
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 1:
			fmt.Fprint(w, `{"matches":[{"id":"a","text":"x"},{"id":"b"}],"timings":{"embed":7,"total":90}}`)
		default:
			fmt.Fprint(w, `{"matches":[{"id":"b"}],"timings":{"embed":7,"total":90}}`)
		}
	}))
	defer h.Close()
	var r result
	s := settings{backoff: time.Millisecond}
	s.loop(1, 200*time.Millisecond, 1, []question{{"?", []string{"a", "b"}}}, &r, func(uint64) (asker, error) {
		return dial(strings.TrimPrefix(h.URL, "http://"))
	})
	r.finish()
	if r.Answered == 0 || r.Refused == 0 || !strings.Contains(r.Failure, "want [a b]") {
		t.Errorf("%+v", r)
	}
	if r.Embed != 7*time.Microsecond || r.Search != 90*time.Microsecond {
		t.Errorf("embedding %s, search %s", r.Embed, r.Search)
	}
}

func TestQuantile(t *testing.T) {
	d := []time.Duration{5, 1, 4, 2, 3}
	if got := []time.Duration{quantile(d, 0), quantile(d, .5), quantile(d, .99), quantile(nil, .5)}; !slices.Equal(got, []time.Duration{1, 3, 5, 0}) {
		t.Error(got)
	}
}
