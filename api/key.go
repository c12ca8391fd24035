package api

// KeyInfo describes the key with which a request is made, without its secret.
type KeyInfo struct {
	Name        string   `json:"name" doc:"Empty if the server has no keys"`
	Role        string   `json:"role" enum:"read,write,admin" doc:"What the request may do; read for all keys of a server that only reads"`
	Collections []string `json:"collections,omitzero" doc:"Those that the key has access to; all if missing"`
	Where       string   `json:"where,omitempty" doc:"The filter that the key is bound to"`
}
