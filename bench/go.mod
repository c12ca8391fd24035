module github.com/fronyai/frony-db/bench

go 1.26.0

replace github.com/fronyai/frony-db => ../

require (
	github.com/coder/hnsw v0.6.1
	github.com/fronyai/frony-db v0.0.0-00010101000000-000000000000
	github.com/philippgille/chromem-go v0.7.0
)

require (
	github.com/chewxy/math32 v1.10.1 // indirect
	github.com/google/renameio v1.0.1 // indirect
	github.com/viterin/partial v1.1.0 // indirect
	github.com/viterin/vek v0.4.2 // indirect
	golang.org/x/exp v0.0.0-20240506185415-9bf2ced13842 // indirect
	golang.org/x/sys v0.49.0
)
