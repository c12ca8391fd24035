// Command exportonnx writes a model directory as ONNX, for check_onnx.py.
//
//	exportonnx DIR MODEL.onnx
package main

import (
	"fmt"
	"os"

	"github.com/fronyai/frony-db/embedder/transformer"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: exportonnx DIR MODEL.onnx")
		os.Exit(2)
	}
	if err := transformer.ExportONNX(os.Args[1], os.Args[2], nil); err != nil {
		fmt.Fprintln(os.Stderr, "exportonnx:", err)
		os.Exit(1)
	}
}
