package attr

// Former is what nodes had in all columns when a reader began, of those whose columns have
// changed in their place since. Methods that take a function for it call it while no column
// changes.
type Former map[uint32]map[string]any

// take removes nodes that have changed from a set. It returns the set, which is a copy if
// there are any, and the nodes.
func (f Former) take(nodes []uint64) (rest []uint64, changed []uint32) {
	for node := range f {
		if i := int(node / 64); i < len(nodes) && nodes[i]>>(node%64)&1 != 0 {
			changed = append(changed, node)
		}
	}
	if len(changed) == 0 {
		return nodes, nil
	}
	rest = append([]uint64(nil), nodes...)
	for _, node := range changed {
		rest[node/64] &^= 1 << (node % 64)
	}
	return rest, changed
}

// entries are what nodes had in a column.
func (f Former) entries(nodes []uint32, column string) (entries []any) {
	for _, node := range nodes {
		if e := f.entry(node, column); e != nil {
			entries = append(entries, e)
		}
	}
	return entries
}

func (f Former) entry(node uint32, column string) any {
	if v := f[node][column]; v != nil {
		return entryOf(v, column == SourceColumn || column == IDColumn)
	}
	return nil
}
