// Package plane finds the plane on which vectors differ most: their first two principal
// components.
//
// It iterates a subspace of a few dimensions, which costs two products per vector and
// dimension of the subspace, where the covariance would cost one per pair of dimensions.
// The extra dimensions make it converge fast although the spectra of embeddings fall
// slowly, and the eigenvectors within the subspace are exact (Halko, Martinsson and Tropp
// 2011, "Finding Structure with Randomness", section 4.5).
package plane

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fronyai/frony-db/quant"
)

const (
	width  = 8  // dimensions of the subspace
	rounds = 12 // of the iteration
)

// A Plane is two directions through the mean of some vectors.
type Plane struct {
	axes   [2][]float32 // of unit length
	origin [2]float64   // where the mean is
	// Shares are the parts of the vectors' variance along the two directions, from 0 to 1.
	Shares [2]float64
}

// Of returns the plane of vectors, which are rows of so many dimensions, one behind the
// other. The same vectors have the same plane, and it is not mirrored at random: the
// greatest component of each direction is positive.
func Of(rows []float32, dims int) *Plane {
	n := len(rows) / dims
	mean := make([]float64, dims)
	for i, v := range rows {
		mean[i%dims] += float64(v)
	}
	for i := range mean {
		mean[i] /= float64(max(1, n))
	}
	centered := make([]float32, len(rows))
	variance := 0.0
	for i, v := range rows {
		c := float64(v) - mean[i%dims]
		centered[i] = float32(c)
		variance += c * c
	}
	p := &Plane{}
	basis := start(dims)
	for range rounds {
		basis = orthonormal(image(basis, centered, dims))
	}
	values, axes := ritz(basis, centered, dims)
	for i := range p.axes {
		p.axes[i] = make([]float32, dims)
		if i < len(axes) && values[i] > 1e-9*variance {
			copy(p.axes[i], axes[i])
			p.Shares[i] = min(1, values[i]/variance)
		}
		for j, a := range p.axes[i] {
			p.origin[i] += float64(a) * mean[j]
		}
	}
	return p
}

// Place is where a vector lies on the plane: the mean is at 0, 0, and lengths are those of
// the vectors.
func (p *Plane) Place(v []float32) (x, y float32) {
	return float32(float64(quant.Dot(p.axes[0], v)) - p.origin[0]), float32(float64(quant.Dot(p.axes[1], v)) - p.origin[1])
}

func start(dims int) [][]float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	basis := make([][]float64, min(width, dims))
	for i := range basis {
		basis[i] = make([]float64, dims)
		for j := range basis[i] {
			basis[i][j] = rng.NormFloat64()
		}
	}
	return orthonormal(basis)
}

// image is the covariance, times the number of vectors, applied to a basis.
func image(basis [][]float64, rows []float32, dims int) [][]float64 {
	narrow := floats32(basis)
	out := make([][]float64, len(basis))
	for i := range out {
		out[i] = make([]float64, dims)
	}
	for at := 0; at < len(rows); at += dims {
		row := rows[at : at+dims]
		for i, b := range narrow {
			w := float64(quant.Dot(b, row))
			sum := out[i][:len(row)]
			for j, v := range row {
				sum[j] += w * float64(v)
			}
		}
	}
	return out
}

func floats32(basis [][]float64) [][]float32 {
	out := make([][]float32, len(basis))
	for i, b := range basis {
		out[i] = make([]float32, len(b))
		for j, v := range b {
			out[i][j] = float32(v)
		}
	}
	return out
}

// orthonormal makes a basis orthonormal, in its place. Directions that depend on the
// others become zero.
func orthonormal(basis [][]float64) [][]float64 {
	for i, b := range basis {
		before := dot(b, b)
		for range 2 { // once leaves what rounding leaves
			for _, a := range basis[:i] {
				d := dot(a, b)
				for j := range b {
					b[j] -= d * a[j]
				}
			}
		}
		norm := math.Sqrt(dot(b, b))
		if norm <= 1e-9*math.Sqrt(before) {
			norm = math.Inf(1)
		}
		for j := range b {
			b[j] /= norm
		}
	}
	return basis
}

func dot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// ritz returns the eigenvalues and eigenvectors of the covariance within a subspace, the
// greatest first.
func ritz(basis [][]float64, rows []float32, dims int) ([]float64, [][]float32) {
	k := len(basis)
	mapped := image(basis, rows, dims)
	m := make([][]float64, k)
	for i := range m {
		m[i] = make([]float64, k)
		for j := range m[i] {
			m[i][j] = (dot(basis[i], mapped[j]) + dot(basis[j], mapped[i])) / 2
		}
	}
	rotation := jacobi(m)
	order := make([]int, k)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m[b][b], m[a][a]) })
	var values []float64
	var axes [][]float32
	for _, c := range order {
		axis := make([]float64, dims)
		for i, b := range basis {
			for j, v := range b {
				axis[j] += rotation[i][c] * v
			}
		}
		greatest := slices.MaxFunc(axis, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
		if greatest < 0 {
			for j := range axis {
				axis[j] = -axis[j]
			}
		}
		values, axes = append(values, m[c][c]), append(axes, floats32([][]float64{axis})[0])
	}
	return values, axes
}

// jacobi makes a symmetric matrix diagonal by rotations, in its place, and returns the
// eigenvectors as columns.
func jacobi(m [][]float64) [][]float64 {
	k := len(m)
	out := make([][]float64, k)
	for i := range out {
		out[i] = make([]float64, k)
		out[i][i] = 1
	}
	for range 50 {
		off := 0.0
		for p := range k {
			for q := p + 1; q < k; q++ {
				off += m[p][q] * m[p][q]
				if m[p][q] != 0 {
					rotate(m, out, p, q)
				}
			}
		}
		if off < 1e-24 {
			break
		}
	}
	return out
}

// rotate makes m[p][q] zero.
func rotate(m, out [][]float64, p, q int) {
	theta := (m[q][q] - m[p][p]) / (2 * m[p][q])
	t := 1 / (math.Abs(theta) + math.Hypot(theta, 1))
	if theta < 0 {
		t = -t
	}
	c := 1 / math.Hypot(t, 1)
	s := t * c
	for i := range m {
		a, b := m[i][p], m[i][q]
		m[i][p], m[i][q] = c*a-s*b, s*a+c*b
	}
	for i := range m {
		a, b := m[p][i], m[q][i]
		m[p][i], m[q][i] = c*a-s*b, s*a+c*b
	}
	for i := range out {
		a, b := out[i][p], out[i][q]
		out[i][p], out[i][q] = c*a-s*b, s*a+c*b
	}
}
