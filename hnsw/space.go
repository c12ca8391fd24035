package hnsw

// Space holds the vectors, as codes by node id, and measures distances between
// them. The graph calls it from many goroutines concurrently.
//
// A row is written before its id is added, and does not change until Repair has
// returned the id. Rows of other ids may be written at any time.
type Space interface {
	// Distances sets out[i] to the distance of q to the row of ids[i], for every
	// i < len(ids). Smaller is nearer. Distances must be proportional to a metric
	// that is zero for equal vectors (such as 1 − cosine), because the adaptive
	// stop multiplies them. The implementation must not keep the slices.
	Distances(q []byte, ids []uint32, out []uint32)

	// Code returns the row of id, which can be the q of Distances. The space owns
	// the bytes; the graph only reads them.
	Code(id uint32) []byte

	// Equal reports whether the rows of a and b are the same for every purpose of
	// the caller. Only rows at equal distances from each other are compared.
	Equal(a, b uint32) bool

	// Prefetch is a hint that the rows of ids are about to be measured.
	Prefetch(ids []uint32)
}
