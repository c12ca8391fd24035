package models

import (
	"testing"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/remote"
)

// What a collection remembers of a provider's model leads back to it, even without the
// provider if the model is well known.
func TestRemoteName(t *testing.T) {
	for _, test := range []struct {
		model, provider string
		want            remote.Provider
	}{
		{"text-embedding-3-large", "", remote.OpenAI},
		{"solar-embedding-2-passage", "", remote.Upstage},
		{"solar-embedding-1-large-passage", "", remote.Upstage},
		{"BAAI/bge-m3", "", ""},
		{"unknown", "", ""},
		{"BAAI/bge-m3", "ollama", remote.Ollama},
		{"unknown-passage", "upstage", remote.Upstage},
		{"text-embedding-3-large", "upstage", remote.Upstage},
	} {
		p, model := remoteName(embedder.Spec{Model: test.model, Provider: test.provider, Pooling: "remote"})
		if p != test.want || model != test.model {
			t.Errorf("%+v: %s:%s", test, p, model)
		}
		if p == test.want && test.provider == "" && p != "" && remoteOptions(p, model).Model != test.model {
			t.Errorf("%+v: back to %q", test, remoteOptions(p, model).Model)
		}
	}
	for _, name := range []string{"solar-embedding-2", "solar-embedding-2-query", "solar-embedding-2-passage"} {
		o := remoteOptions(remote.Upstage, name)
		if o.Model != "solar-embedding-2-passage" || o.QueryModel != "solar-embedding-2-query" || o.Dims != 1024 {
			t.Errorf("%s: %+v", name, o)
		}
	}
}
