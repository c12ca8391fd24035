package postgres

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5/pgtype"
)

// vectorCodec is pgvector's type vector, as []float32. Its binary form is the number of
// dimensions and a zero, two bytes each, and the components, all big-endian.
type vectorCodec struct{}

func (vectorCodec) FormatSupported(format int16) bool { return format == pgtype.BinaryFormatCode }

func (vectorCodec) PreferredFormat() int16 { return pgtype.BinaryFormatCode }

func (vectorCodec) PlanEncode(_ *pgtype.Map, _ uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.([]float32); ok && format == pgtype.BinaryFormatCode {
		return encodeVector{}
	}
	return nil
}

func (vectorCodec) PlanScan(_ *pgtype.Map, _ uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*[]float32); ok && format == pgtype.BinaryFormatCode {
		return scanVector{}
	}
	return nil
}

func (c vectorCodec) DecodeDatabaseSQLValue(m *pgtype.Map, oid uint32, format int16, src []byte) (driver.Value, error) {
	return c.DecodeValue(m, oid, format, src)
}

func (vectorCodec) DecodeValue(_ *pgtype.Map, _ uint32, _ int16, src []byte) (any, error) {
	if src == nil {
		return nil, nil
	}
	var v []float32
	err := scanVector{}.Scan(src, &v)
	return v, err
}

type encodeVector struct{}

func (encodeVector) Encode(value any, buf []byte) ([]byte, error) {
	v, ok := value.([]float32)
	if !ok || v == nil {
		return nil, nil
	}
	if len(v) > math.MaxInt16 {
		return nil, fmt.Errorf("vector of %d dimensions", len(v))
	}
	buf = binary.BigEndian.AppendUint16(buf, uint16(len(v)))
	buf = binary.BigEndian.AppendUint16(buf, 0)
	for _, x := range v {
		buf = binary.BigEndian.AppendUint32(buf, math.Float32bits(x))
	}
	return buf, nil
}

type scanVector struct{}

func (scanVector) Scan(src []byte, target any) error {
	dst, ok := target.(*[]float32)
	if !ok {
		return fmt.Errorf("scan of a vector into %T", target)
	}
	if src == nil {
		*dst = nil
		return nil
	}
	if len(src) < 4 || len(src) != 4+4*int(binary.BigEndian.Uint16(src)) {
		return errors.New("a vector of another form")
	}
	v := make([]float32, (len(src)-4)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.BigEndian.Uint32(src[4+4*i:]))
	}
	*dst = v
	return nil
}
