package lexical

func (x *Index) renumber() {}
