package transformer

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestExportONNX(t *testing.T) {
	t.Parallel()
	for _, name := range goldenModels {
		path := filepath.Join(t.TempDir(), "model.onnx")
		for range 2 { // the second replaces the first
			if err := ExportONNX(modelDir(name), path, nil); err != nil {
				t.Fatal(err)
			}
		}
		files, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 1 || files[0].Name() != "model.onnx" {
			t.Errorf("left %v, want model.onnx alone", files)
		}
	}
}

func TestExportONNXRefusals(t *testing.T) {
	t.Parallel()
	dir := copyModel(t, "bert-mean-f32")
	if err := ExportONNX(dir, filepath.Join(t.TempDir(), "none", "model.onnx"), nil); err == nil {
		t.Error("no error for a directory that is not there")
	}
	edit(t, filepath.Join(dir, "config.json"), `"gelu"`, `"swish"`)
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := ExportONNX(dir, path, nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("left a file")
	}
}
