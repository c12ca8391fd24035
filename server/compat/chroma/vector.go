package chroma

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// vector is an embedding in a request: a list of numbers, or base64 of float32,
// little-endian. Null is nil.
type vector []float32

// UnmarshalJSON implements json.Unmarshaler.
func (v *vector) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '"' {
		return json.Unmarshal(data, (*[]float32)(v))
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("an embedding in base64: %w", err)
	}
	if len(b)%4 != 0 {
		return errors.New("an embedding in base64 is not of float32")
	}
	*v = make(vector, len(b)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return nil
}

// norm is the length of the vector; NaN or infinite if a component is.
func (v vector) norm() float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

func dot(a, b []float32) float64 {
	var sum float64
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// rounded is x, or the number of five decimal digits that is next to it: a component that
// was divided by the length and multiplied with it again may be a step off.
func rounded(x float32) float32 {
	if x == 0 {
		return x
	}
	_, exponent := math.Frexp(float64(x))
	digits := math.Pow10(5 - int(math.Ceil(float64(exponent)*math.Log10(2))))
	short := float32(math.Round(float64(x)*digits) / digits)
	if short == math.Nextafter32(x, short) {
		return short
	}
	return x
}
