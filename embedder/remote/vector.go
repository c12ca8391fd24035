package remote

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// vector is an embedding in a reply: numbers, or the base64 of little-endian
// float32s, a quarter of the size.
type vector []float32

// UnmarshalJSON reads either form.
func (v *vector) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] != '"' {
		return json.Unmarshal(text, (*[]float32)(v))
	}
	var raw []byte // encoding/json reads base64 into bytes
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if len(raw)%4 != 0 {
		return fmt.Errorf("embedding of %d bytes is not of float32s", len(raw))
	}
	*v = make(vector, len(raw)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return nil
}
