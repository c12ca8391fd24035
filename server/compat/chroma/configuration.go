package chroma

import (
	"encoding/json"
	"errors"
	"maps"

	"github.com/fronyai/frony-db/server/problem"
)

// defaultIndex is what Chroma tells of a collection that was created without any
// settings. Only the space means anything here: the index tunes itself.
var defaultIndex = map[string]any{
	"space": string(spaceL2), "ef_construction": 100, "ef_search": 100, "max_neighbors": 16,
	"resize_factor": 1.2, "sync_threshold": 1000, "batch_size": 100, "num_threads": 1,
}

// configuration is a collection's configuration as Chroma tells it.
func (r *record) configuration() map[string]any {
	index := maps.Clone(defaultIndex)
	given, _ := r.Configuration["hnsw"].(map[string]any)
	for name, v := range given {
		if v != nil {
			index[name] = v
		}
	}
	index["space"] = string(r.space())
	return map[string]any{"hnsw": index, "spann": nil, "embedding_function": r.Configuration["embedding_function"]}
}

// space is how the collection's distances are measured.
func (r *record) space() space {
	s, _ := spaceIn(r.Configuration, r.Metadata).(string)
	if space(s).valid() {
		return space(s)
	}
	return spaceL2
}

// spaceIn is the space that a configuration, or the metadata of older clients, names;
// nil if none.
func spaceIn(configuration, metadata map[string]any) any {
	for _, index := range []string{"hnsw", "spann"} {
		given, _ := configuration[index].(map[string]any)
		if given["space"] != nil {
			return given["space"]
		}
	}
	return metadata["hnsw:space"]
}

func checkSpace(configuration, metadata map[string]any) *problem.Problem {
	v := spaceIn(configuration, metadata)
	if s, ok := v.(string); v == nil || ok && space(s).valid() {
		return nil
	}
	return bad("configuration", "the space %v is not known", v).Hint("use l2, ip or cosine")
}

// checkIndex refuses settings of an index that could not be one.
func checkIndex(configuration map[string]any) *problem.Problem {
	for _, index := range []string{"hnsw", "spann"} {
		given, _ := configuration[index].(map[string]any)
		for name, v := range given {
			n, err := asNumber(v)
			if name != "space" && v != nil && (err != nil || n <= 0) {
				return bad("configuration", "%s is %v, want a number above 0", name, v)
			}
		}
	}
	return nil
}

func asNumber(v any) (float64, error) {
	if n, ok := v.(json.Number); ok {
		return n.Float64()
	}
	n, ok := v.(float64)
	if !ok {
		return 0, errors.New("not a number")
	}
	return n, nil
}

// withSchema is a configuration with what a schema says of the embeddings' index beside it.
// Clients send the one or the other.
func withSchema(configuration, schema map[string]any) map[string]any {
	var at any = schema
	for _, name := range []string{"keys", "#embedding", "float_list", "vector_index", "config"} {
		m, _ := at.(map[string]any)
		at = m[name]
	}
	vectors, _ := at.(map[string]any)
	if vectors == nil {
		return configuration
	}
	out := maps.Clone(configuration)
	if out == nil {
		out = map[string]any{}
	}
	if out["embedding_function"] == nil && vectors["embedding_function"] != nil {
		out["embedding_function"] = vectors["embedding_function"]
	}
	index := map[string]any{}
	if s := vectors["space"]; s != nil {
		index["space"] = s
	}
	for _, of := range []map[string]any{vectors, configuration} {
		given, _ := of["hnsw"].(map[string]any)
		maps.Copy(index, given)
	}
	if len(index) > 0 {
		out["hnsw"] = index
	}
	return out
}

// reconfigure applies an update of the configuration. The space stays: distances
// that were told before would mean something else.
func (r *record) reconfigure(change map[string]any) *problem.Problem {
	if v := spaceIn(change, nil); v != nil && v != string(r.space()) {
		return bad("new_configuration", "the space of a collection can't be changed")
	}
	if p := checkIndex(change); p != nil {
		return p
	}
	index := map[string]any{"space": string(r.space())}
	given, _ := r.Configuration["hnsw"].(map[string]any)
	maps.Copy(index, given)
	given, _ = change["hnsw"].(map[string]any)
	maps.Copy(index, given)
	configuration := maps.Clone(r.Configuration)
	if configuration == nil {
		configuration = map[string]any{}
	}
	configuration["hnsw"] = index
	if f := change["embedding_function"]; f != nil {
		configuration["embedding_function"] = f
	}
	r.Configuration = configuration
	return nil
}
