package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
)

// Record is a document as it is stored: a version byte, the sequence number of the
// batch that wrote it, then fields as tag, length, bytes:
//
//	┌─────────┬──────────┬─────┬────────┬───────┬─ ─ ─
//	│ version │ sequence │ tag │ length │ bytes │ …
//	│ u8 = 1  │ u64 LE   │ u8  │ uvarint│       │
//	└─────────┴──────────┴─────┴────────┴───────┴─ ─ ─
//
// Zero fields are omitted and unknown tags are skipped, so that a later version can
// add a field without a new format.
type Record struct {
	Seq         uint64 // set by the committer
	ID          string
	Text        string
	Title       string
	Source      string         // what the document is a part of, if anything
	Chunk       int            // its position within Source
	Created     time.Time      // when this version was written
	Expires     time.Time      // zero: never
	Hash        [16]byte       // of everything the caller passed
	TextHash    [16]byte       // of what the embedder saw
	Precomputed bool           // the vector came with the document, not from the embedder
	VectorSum   uint32         // CRC-32C of the vector's bytes, if Sealed
	Sealed      bool           // the record has checksums of itself and of the vector
	Metadata    map[string]any // string, bool, int64, float64, time.Time, []string, []int64, []float64
}

const (
	recordVersion = 1
	recordSeqAt   = 1
	recordHead    = 9
)

const (
	tagID = iota + 1
	tagText
	tagSource
	tagChunk
	tagCreated
	tagExpires
	tagHash
	tagTextHash
	tagMetadata
	tagPrecomputed
	tagSums // of what stands before it, from recordHead on, and of the vector: CRC-32C u32 LE each
	tagTitle
)

// AppendRecord encodes r. The committer sets the sequence number, which is known
// only when it is the batch's turn.
func AppendRecord(dst []byte, r *Record) []byte {
	var buf [256]byte
	metadata := AppendMetadata(buf[:0], r.Metadata)
	const fixed = 128 // the fields of fixed length, and the heads of the others
	dst = slices.Grow(dst, fixed+len(r.ID)+len(r.Text)+len(r.Title)+len(r.Source)+len(metadata))
	dst = append(dst, recordVersion)
	dst = binary.LittleEndian.AppendUint64(dst, r.Seq)
	dst = appendField(dst, tagID, r.ID)
	dst = appendField(dst, tagText, r.Text)
	dst = appendField(dst, tagTitle, r.Title)
	dst = appendField(dst, tagSource, r.Source)
	if r.Chunk != 0 {
		dst = appendInt(dst, tagChunk, int64(r.Chunk))
	}
	if !r.Created.IsZero() {
		dst = appendInt(dst, tagCreated, r.Created.UnixMicro())
	}
	if !r.Expires.IsZero() {
		dst = appendInt(dst, tagExpires, r.Expires.UnixMicro())
	}
	dst = appendField(dst, tagHash, r.Hash[:])
	dst = appendField(dst, tagTextHash, r.TextHash[:])
	if r.Precomputed {
		dst = appendField(dst, tagPrecomputed, "1")
	}
	return appendField(dst, tagMetadata, metadata)
}

// seal appends the checksums to a record that is encoded for the first time.
func seal(record, vector []byte) []byte {
	sums := binary.LittleEndian.AppendUint32(make([]byte, 0, 8), crc32.Checksum(record[recordHead:], castagnoli))
	return appendField(record, tagSums, binary.LittleEndian.AppendUint32(sums, crc32.Checksum(vector, castagnoli)))
}

// Verify compares what the record says of its text and its vector with them. The
// record must have been decoded with its text.
func (r *Record) Verify(vector []byte) error {
	if r.Sealed {
		if r.VectorSum != crc32.Checksum(vector, castagnoli) {
			return fmt.Errorf("%w: the vector does not have its checksum", ErrCorrupt)
		}
		return nil
	}
	if h := sha256.Sum256([]byte(r.Text)); r.TextHash != [16]byte{} && r.TextHash != [16]byte(h[:16]) {
		return fmt.Errorf("%w: the text does not have its hash", ErrCorrupt)
	}
	return nil
}

func appendField[T string | []byte](dst []byte, tag byte, v T) []byte {
	if len(v) == 0 {
		return dst
	}
	dst = append(dst, tag)
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	return append(dst, v...)
}

func appendInt(dst []byte, tag byte, v int64) []byte {
	var b [binary.MaxVarintLen64]byte
	return appendField(dst, tag, binary.AppendVarint(b[:0], v))
}

// Fields selects the parts of a record to decode.
type Fields uint8

// The parts of a record that cost something to decode.
const (
	WithText Fields = 1 << iota
	WithMetadata
	WithVector
	WithAll = WithText | WithMetadata | WithVector
)

// DecodeRecord decodes what AppendRecord wrote. The record shares no memory with b.
func DecodeRecord(b []byte, want Fields) (*Record, error) {
	if len(b) < recordHead || b[0] != recordVersion {
		return nil, fmt.Errorf("%w: document record has no known version", ErrCorrupt)
	}
	r := &Record{Seq: binary.LittleEndian.Uint64(b[recordSeqAt:])}
	b = b[recordHead:]
	for whole := b; len(b) > 0; {
		tag := b[0]
		before := whole[:len(whole)-len(b)]
		v, rest, ok := cut(b[1:])
		if !ok {
			return nil, fmt.Errorf("%w: document record ends within field %d", ErrCorrupt, tag)
		}
		b = rest
		if tag == tagSums {
			if len(v) != 8 || binary.LittleEndian.Uint32(v) != crc32.Checksum(before, castagnoli) {
				return nil, fmt.Errorf("%w: the document does not have its checksum", ErrCorrupt)
			}
			r.VectorSum, r.Sealed = binary.LittleEndian.Uint32(v[4:]), true
			continue
		}
		if err := r.set(tag, v, want); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Record) set(tag byte, v []byte, want Fields) error {
	switch tag {
	case tagID:
		r.ID = string(v)
	case tagText:
		if want&WithText != 0 {
			r.Text = string(v)
		}
	case tagTitle:
		r.Title = string(v)
	case tagSource:
		r.Source = string(v)
	case tagChunk, tagCreated, tagExpires:
		n, k := binary.Varint(v)
		if k <= 0 {
			return fmt.Errorf("%w: document record: field %d is not a number", ErrCorrupt, tag)
		}
		switch tag {
		case tagChunk:
			r.Chunk = int(n)
		case tagCreated:
			r.Created = time.UnixMicro(n).UTC()
		case tagExpires:
			r.Expires = time.UnixMicro(n).UTC()
		}
	case tagHash:
		copy(r.Hash[:], v)
	case tagTextHash:
		copy(r.TextHash[:], v)
	case tagPrecomputed:
		r.Precomputed = true
	case tagMetadata:
		if want&WithMetadata == 0 {
			return nil
		}
		m, err := DecodeMetadata(v)
		if err != nil {
			return err
		}
		r.Metadata = m
	}
	return nil
}

// cut splits a length-prefixed field from b.
func cut(b []byte) (field, rest []byte, ok bool) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return nil, nil, false
	}
	return b[k : k+int(n)], b[k+int(n):], true
}

// putSeq sets the sequence number of an encoded record.
func putSeq(record []byte, seq uint64) {
	binary.LittleEndian.PutUint64(record[recordSeqAt:], seq)
}

func nodeValue(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
