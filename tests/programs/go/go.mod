module outlayer.test/programs

go 1.21
