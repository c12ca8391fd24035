module github.com/fronyai/frony-db

go 1.26
