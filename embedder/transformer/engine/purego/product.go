package purego

// blockBytes limits the rows of A that are multiplied by one panel after another, so that
// they stay in the second-level cache.
const blockBytes = 256 << 10

// product computes c = a·B + bias for rows rows. It calls finish, if not nil, on each
// finished stretch of a row of c while that is still in the cache.
// The strides lda and ldc count elements.
func (p *pass) product(rows int, a []float32, lda int, b *packed, c []float32, ldc int, finish func([]float32)) {
	if b.int8 != nil {
		p.quantize(rows, a, lda, b)
	}
	var (
		set    = p.set
		block  = max(set.Rows, blockBytes/4/b.k/set.Rows*set.Rows)
		panels = (b.n + set.Cols - 1) / set.Cols
		group  = panels // per unit of work
	)
	if p.threads > 1 {
		block = min(block, max(set.Rows, roundUp((rows+p.threads-1)/p.threads, set.Rows)))
		blocks := (rows + block - 1) / block
		// There are more units than threads, so that a late thread costs little. A row
		// whose length is not a multiple of the vectors' is finished in one piece, so
		// that its bits do not depend on the split.
		if want := (3*p.threads + blocks - 1) / blocks; b.n%set.Lanes == 0 || finish == nil {
			group = max(1, (panels+want-1)/want)
		}
	}
	blocks := (rows + block - 1) / block
	groups := (panels + group - 1) / group
	p.each(blocks*groups, func(unit int) {
		r0 := unit / groups * block
		r1 := min(rows, r0+block)
		j0 := unit % groups * group * set.Cols
		j1 := min(b.n, j0+group*set.Cols)
		for j := j0; j < j1; j += set.Cols {
			f := p.factors(b, a, lda, r0, j)
			p.tiles(r1-r0, &f, c[r0*ldc+j:], ldc, min(set.Cols, j1-j))
		}
		if finish != nil {
			for r := r0; r < r1; r++ {
				finish(c[r*ldc+j0 : r*ldc+j1])
			}
		}
	})
}

// factors are the operands of a column of tiles: rows of A and a panel or, for a product
// of bytes, the panel at column j of q and rows of the workspace starting at r0. They are
// passed by pointer and stay on the stack.
type factors struct {
	k, lda         int
	a, panel, bias []float32

	q     *packedInt8 // nil for a product of floats
	j, r0 int
}

// factors are those of b's panel at column j and the rows of a from r0 on.
func (p *pass) factors(b *packed, a []float32, lda, r0, j int) factors {
	cols := p.set.Cols
	if b.int8 != nil {
		return factors{bias: b.bias[j : j+cols], q: b.int8, j: j, r0: r0}
	}
	return factors{k: b.k, lda: lda, a: a[r0*lda:], panel: b.panels[j*b.k : (j+cols)*b.k], bias: b.bias[j : j+cols]}
}

// tile computes m rows, from row r on.
func (p *pass) tile(f *factors, r, m int, c []float32, ldc int) {
	cols := p.set.Cols
	if q := f.q; q != nil {
		r += f.r0
		p.set.TileInt8(m, q.k, p.ws.codes[r*q.k:], q.k, q.panels[f.j*q.k:(f.j+cols)*q.k],
			q.shift[f.j:f.j+cols], q.scale[f.j:f.j+cols], f.bias, p.ws.worth[r:], c, ldc)
		return
	}
	p.set.Tile(m, f.k, f.a[r*f.lda:], f.lda, f.panel, cols, f.bias, c, ldc)
}

// quantize writes the rows of a as bytes to the workspace.
func (p *pass) quantize(rows int, a []float32, lda int, b *packed) {
	k := b.int8.k
	codes, worth := grow(&p.ws.codes, rows*k), grow(&p.ws.worth, rows)
	parts := min(p.threads, rows)
	p.each(parts, func(part int) {
		for r := rows * part / parts; r < rows*(part+1)/parts; r++ {
			worth[r] = p.set.Quantize(codes[r*k:], a[r*lda:r*lda+b.k])
		}
	})
}

// tiles computes rows of the first cols columns of a panel's product.
func (p *pass) tiles(rows int, f *factors, c []float32, ldc, cols int) {
	set := p.set
	for s := range split(rows, set.Rows) {
		m := s.end - s.begin
		if cols == set.Cols {
			p.tile(f, s.begin, m, c[s.begin*ldc:], ldc)
			continue
		}
		// The panel is wider than the rest of c, so compute into a buffer.
		e := p.edges.Get().(*edge)
		p.tile(f, s.begin, m, e.tile, set.Cols)
		for i := range m {
			copy(c[(s.begin+i)*ldc:(s.begin+i)*ldc+cols], e.tile[i*set.Cols:])
		}
		p.edges.Put(e)
	}
}

// edge is a tile of which only a part is needed.
type edge struct{ tile []float32 }

type span struct{ begin, end int }

// split yields n in the fewest spans of at most size, as equal as possible: 16 rows in
// tiles of 12 are 8 and 8, not 12 and 4.
func split(n, size int) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		parts := (n + size - 1) / size
		for i := range parts {
			if !yield(span{n * i / parts, n * (i + 1) / parts}) {
				return
			}
		}
	}
}
