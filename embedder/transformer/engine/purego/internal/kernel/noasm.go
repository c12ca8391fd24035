package kernel

func vectorised() []*Set { return nil }
