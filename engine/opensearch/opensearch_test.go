package opensearch_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/engine/enginetest"
	_ "github.com/fronyai/frony-db/engine/opensearch"
)

var databases atomic.Int32

// server is the URL of an OpenSearch for tests, which `make test-opensearch` starts.
func server(t testing.TB) string {
	t.Helper()
	s := os.Getenv("FRONYDB_TEST_OPENSEARCH")
	if s == "" {
		t.Skip("FRONYDB_TEST_OPENSEARCH has no URL of an OpenSearch; make test-opensearch starts one")
	}
	return s
}

// database names a new database, whose indices are deleted when the test ends.
func database(t testing.TB) string {
	t.Helper()
	s := server(t)
	prefix := fmt.Sprintf("test-%d-%d", os.Getpid(), databases.Add(1))
	t.Cleanup(func() {
		host, _, _ := strings.Cut(strings.TrimPrefix(s, "opensearch://"), ",")
		ctx := context.Background() // the test's has ended
		req, err := http.NewRequestWithContext(ctx, http.MethodDelete, "http://"+host+"/"+prefix+"-c-*", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("deletion of the indices: %s", res.Status)
		}
	})
	return s + "/" + prefix
}

func TestEngine(t *testing.T) {
	server(t)
	enginetest.Run(t, enginetest.Engine{
		Open: func(t *testing.T, opts *db.Options) engine.DB {
			t.Helper()
			return enginetest.Open(t, database(t), opts)
		},
		Recall: 0.95,
	})
}
