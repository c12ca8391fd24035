package store

import "encoding/binary"

const (
	keyFormat     = 'f'
	keyCollection = 'c'
	keyNextID     = 'n'
	keyState      = 's'
	keyID         = 'i'
	keyDocument   = 'd'
	keyVector     = 'v'
	keyDead       = 'x'
	keyLog        = 'l'
	keyGarbage    = 'g'
	keyHidden     = 'r'
	keyTime       = 't'
	keyHistory    = 'h'
	keyAlias      = 'a'
)

func collectionKey(name string) []byte {
	return append([]byte{keyCollection}, name...)
}

func hiddenKey(name string) []byte {
	return append([]byte{keyHidden}, name...)
}

func aliasKey(name string) []byte {
	return append([]byte{keyAlias}, name...)
}

// prefix begins all keys of one kind and collection.
func prefix(kind byte, cid uint32) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, 16), kind), cid)
}

func idKey(cid uint32, id string) []byte {
	k := make([]byte, 5, 5+len(id))
	k[0] = keyID
	binary.BigEndian.PutUint32(k[1:], cid)
	return append(k, id...)
}

func nodeKey(kind byte, cid, node uint32) []byte {
	return binary.BigEndian.AppendUint32(prefix(kind, cid), node)
}

func logKey(cid uint32, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(prefix(keyLog, cid), seq)
}

// nodeOf returns the node of a document, vector or tombstone key.
func nodeOf(key []byte) uint32 {
	return binary.BigEndian.Uint32(key[5:])
}
