package store

import "github.com/fronyai/frony-db/quant"

// AppendVector encodes v as little-endian float32s.
func AppendVector(dst []byte, v []float32) []byte { return append(dst, quant.Bytes(v)...) }

// DecodeVector appends the float32s in b to dst.
func DecodeVector(dst []float32, b []byte) []float32 { return quant.AppendFloats(dst, b) }
