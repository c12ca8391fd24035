package attr

// Columns returns what a node has in all columns, nil if it has nothing.
func (x *Index) Columns(node uint32) map[string]any {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if !x.used(node) {
		return nil
	}
	all := make(map[string]any)
	for name, c := range x.columns {
		if p := c.get(node); p != 0 {
			all[name] = raw(c.dict[p-1])
		}
	}
	return all
}
