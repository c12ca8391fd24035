package source

import (
	"reflect"
	"testing"
)

// Lists of numbers stay numbers, whole ones integers; what mixes kinds becomes strings, and is
// noted.
func TestJSONLLists(t *testing.T) {
	got := readBytes(t, "in.jsonl", []byte(`{"id":"a","text":"t","i":[1,-2],"f":[1.0],"m":[1,2.5],"e":[],"big":[9007199254740993,0.5],"mix":["a",1],"b":[true,1],"s":["1"]}`), nil)
	want := map[string]any{
		"i": []int64{1, -2}, "f": []float64{1}, "m": []float64{1, 2.5}, "e": []string{}, "s": []string{"1"},
		"big": []string{"9007199254740993", "0.5"}, "mix": []string{"a", "1"}, "b": []string{"true", "1"},
	}
	if len(got.records) != 1 || !reflect.DeepEqual(got.records[0].Metadata, want) {
		t.Errorf("got  %#v\nwant %#v", got.records, want)
	}
}
