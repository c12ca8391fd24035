module github.com/fronyai/frony-db

go 1.26.0

require (
	github.com/bmatcuk/doublestar/v4 v4.10.4
	github.com/go-json-experiment/json v1.27.2
	github.com/klauspost/compress v1.20.3
	golang.org/x/text v0.43.0
)
