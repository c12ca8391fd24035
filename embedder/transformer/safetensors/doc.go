// Package safetensors reads weight files of the safetensors format: named
// tensors after a small JSON header.
//
//	┌────────────┬───────────────────┬─────────────────────────────┐
//	│ N: u64, LE │ header: N B, JSON │ tensors, back to back       │
//	└────────────┴───────────────────┴─────────────────────────────┘
//	{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …,
//	 "__metadata__": {…}}
//
// A file may come from anywhere, so nothing in the header is trusted before it is
// checked:
//
//  1. The header fits in the file and is at most 100 MB.
//  2. Every tensor's size is the product of its shape and its type's width.
//  3. The tensors cover the data without holes or overlaps, to its last byte;
//     a truncated file is detected when it is opened, not when it is used.
//
// Open maps the file instead of reading it, so a table of 250,000 rows costs
// only the rows that are used. Elements are converted to float32 as they are read. So
// unaligned files and big-endian machines are no special case, and the package does not
// need unsafe.
//
// Source: https://github.com/huggingface/safetensors, "Format".
package safetensors
