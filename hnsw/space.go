package hnsw

// Space holds the vectors, as codes by node id, and measures distances between
// them. The graph calls it from many goroutines at once.
//
// A row is written before the graph hears of its id, and does not change until
// Repair has returned the id. Rows of other ids may be written meanwhile.
type Space interface {
	// Distances sets out[i] to the distance of q to the row of ids[i], for every
	// i < len(ids). Smaller is nearer; keys must be proportional to a distance
	// (such as 1 − cosine, zero at zero), because the adaptive stop multiplies
	// them. The implementation may fetch the rows ahead. It keeps neither slice.
	Distances(q []byte, ids []uint32, out []uint32)

	// Code returns the row of id, valid as the q of Distances. The space owns
	// the bytes; the graph only reads them.
	Code(id uint32) []byte

	// Prefetch hints that the rows of ids are about to be measured.
	Prefetch(ids []uint32)
}
