module outlayer.test/programs

go 1.25

require (
	github.com/itchyny/gojq v0.12.20
	github.com/klauspost/compress v1.20.4
	github.com/proullon/ramsql v0.1.5
	gonum.org/v1/gonum v0.17.0
)

require (
	github.com/google/uuid v1.3.0 // indirect
	github.com/itchyny/timefmt-go v0.1.9 // indirect
	golang.org/x/exp v0.0.0-20230713183714-613f0c0eb8a1 // indirect
)
