package purego

// blockBytes bounds the rows of A that are multiplied by one panel after
// another: they stay in the second-level cache meanwhile.
const blockBytes = 256 << 10

// product computes c = a·B + bias for rows rows, and then calls finish, if it
// is not nil, on each stretch of a row of c that is done, while it is near.
// The strides lda and ldc count elements.
func (p *pass) product(rows int, a []float32, lda int, b *packed, c []float32, ldc int, finish func([]float32)) {
	if b.int8 != nil {
		p.quantize(rows, a, lda, b)
	}
	var (
		set    = p.set
		block  = max(set.Rows, blockBytes/4/b.k/set.Rows*set.Rows)
		panels = (b.n + set.Cols - 1) / set.Cols
		group  = panels // that one unit of work goes through
	)
	if p.threads > 1 {
		block = min(block, max(set.Rows, roundUp((rows+p.threads-1)/p.threads, set.Rows)))
		blocks := (rows + block - 1) / block
		// Some units more than threads, so that a late thread costs little. A
		// row whose length the vectors don't divide is finished in one piece,
		// for its bits not to depend on the cut.
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
			p.tiles(r1-r0, p.tileOf(b, a, lda, r0, j), c[r0*ldc+j:], ldc, min(set.Cols, j1-j))
		}
		if finish != nil {
			for r := r0; r < r1; r++ {
				finish(c[r*ldc+j0 : r*ldc+j1])
			}
		}
	})
}

// tileFunc computes m rows of a tile, from row r on.
type tileFunc func(r, m int, c []float32, ldc int)

// tileOf is the tile of b's panel at column j with the rows of a from r0 on.
func (p *pass) tileOf(b *packed, a []float32, lda, r0, j int) tileFunc {
	set := p.set
	bias := b.bias[j : j+set.Cols]
	if q := b.int8; q != nil {
		panel := q.panels[j*q.k : (j+set.Cols)*q.k]
		shift, scale := q.shift[j:j+set.Cols], q.scale[j:j+set.Cols]
		codes, worth := p.ws.codes[r0*q.k:], p.ws.worth[r0:]
		return func(r, m int, c []float32, ldc int) {
			set.TileInt8(m, q.k, codes[r*q.k:], q.k, panel, shift, scale, bias, worth[r:], c, ldc)
		}
	}
	panel := b.panels[j*b.k : (j+set.Cols)*b.k]
	a = a[r0*lda:]
	return func(r, m int, c []float32, ldc int) {
		set.Tile(m, b.k, a[r*lda:], lda, panel, set.Cols, bias, c, ldc)
	}
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
func (p *pass) tiles(rows int, tile tileFunc, c []float32, ldc, cols int) {
	set := p.set
	for s := range split(rows, set.Rows) {
		m := s.end - s.begin
		if cols == set.Cols {
			tile(s.begin, m, c[s.begin*ldc:], ldc)
			continue
		}
		// The panel is wider than what is left of c: by way of a buffer.
		e := p.edges.Get().(*edge)
		tile(s.begin, m, e.tile, set.Cols)
		for i := range m {
			copy(c[(s.begin+i)*ldc:(s.begin+i)*ldc+cols], e.tile[i*set.Cols:])
		}
		p.edges.Put(e)
	}
}

// edge is a tile of which only a part is wanted.
type edge struct{ tile []float32 }

type span struct{ begin, end int }

// split yields n in the fewest spans of at most size, of sizes as equal as can
// be: 16 rows in tiles of 12 are 8 and 8, not 12 and 4.
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
