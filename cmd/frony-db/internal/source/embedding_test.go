package source

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestShortened compares the two ways to read a line with an embedding, on randomly
// damaged lines: what the short way accepts, the long way reads the same.
func TestShortened(t *testing.T) {
	lines := []string{
		`{"id":"a","text":"b","embedding":[0.25,-1,1e-3,0.12345678901234567],"year":2024}`,
		`{"embedding" : [ 1 , 2.5 ] , "metadata":{"a":"x\"]","b":["[","y"]},"id":7}`,
		`{"a":{"embedding":[9],"b":[[1,{"c":"\\"}]]},"vector":[1,2,3],"text":"t","embedding":[1]}`,
		`{"s":"\\\\\"","vector":[0.5,0.5],"n":null,"t":true,"u":-1.5e3}`,
		`{"vecto\u0072":[1,2],"embedding":[3,4],"text":"x"}`,
		`{"vecto\u0072":null,"embedding":[3,4],"text":"x"}`,
		`{"text":"x","embedding":[]}`,
	}
	const signs = `{}[]",:\0123456789.-eE aN` + "\t"
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	opts, err := (*Options)(nil).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	j := newJSONL("-", &input{}, &opts, &notes{})
	short := 0
	for range 100_000 {
		b := []byte(lines[r.IntN(len(lines))])
		for range r.IntN(4) {
			switch at := r.IntN(len(b)); r.IntN(3) {
			case 0:
				b[at] = signs[r.IntN(len(signs))]
			case 1:
				b = append(b[:at], b[at+1:]...)
			default:
				b = append(b[:at], append([]byte{signs[r.IntN(len(signs))]}, b[at:]...)...)
			}
		}
		got, err := j.shortened(b)
		if err != nil {
			continue
		}
		short++
		want, err := j.object(b)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %s, want %s %v", b, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want), err)
		}
	}
	if short < 10_000 {
		t.Errorf("only %d lines went the short way", short)
	}
}
