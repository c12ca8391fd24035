//go:build !noasm

#include "textflag.h"

// func List(p *uint32)
TEXT ·List(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), AX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	RET
