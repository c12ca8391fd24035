module github.com/fronyai/frony-db/quant/internal/kernel/_asm

go 1.26
