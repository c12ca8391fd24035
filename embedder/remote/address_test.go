package remote

import (
	"errors"
	"testing"
)

func TestRemembered(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p             Provider
		address, want string
		local         bool
	}{
		{OpenAI, "https://api.openai.com/v1", "", false},
		{Upstage, "https://api.openai.com/v1", "https://api.openai.com", false},
		{TEI, "http://127.0.0.1:8080", "", true},
		{OpenAI, "http://localhost:1234/v1", "http://localhost:1234/v1", true},
		{Ollama, "http://[::1]:11434", "http://[::1]:11434", true},
		{OpenAI, "https://gateway.example:8443/token-3f2a/v1", "https://gateway.example:8443", false},
		{OpenAI, "http://127.0.0.1.example/v1", "http://127.0.0.1.example", false},
		{OpenAI, "http://localhost.example/v1", "http://localhost.example", false},
		{OpenAI, "http://0.0.0.0:80/v1", "http://0.0.0.0:80", false},
	} {
		if got := remembered(test.p, test.address); got != test.want || Local(test.address) != test.local {
			t.Errorf("%s at %s: remembered as %q, local %v; want %q, %v", test.p, test.address, got, Local(test.address), test.want, test.local)
		}
	}
}

// Where a model was asked leads back to it, and doesn't change what it is.
func TestSpecRemembersProvider(t *testing.T) {
	t.Parallel()
	for _, p := range providers {
		s := newServer(t, 4)
		o := s.options(p)
		sp := open(t, o).Spec()
		if sp.Provider != string(p) || sp.Address != o.BaseURL {
			t.Errorf("%s: remembered as %q at %q, want %q", p, sp.Provider, sp.Address, o.BaseURL)
		}
		elsewhere := open(t, newServer(t, 4).options(p)).Spec()
		if elsewhere.Address == sp.Address || elsewhere.Fingerprint() != sp.Fingerprint() {
			t.Errorf("%s: another server is another model: %+v, %+v", p, sp, elsewhere)
		}
	}
	for _, address := range []string{"https://host/v1?key=sk-secret", "https://host/v1#sk-secret", "https://sk-secret@host/v1"} {
		if _, err := Open(t.Context(), Options{Provider: OpenAI, Model: "m", BaseURL: address}); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: got %v, want ErrOptions", address, err)
		}
	}
}
