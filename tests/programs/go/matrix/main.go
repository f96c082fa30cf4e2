// Heavy arithmetic: gonum factors a matrix whose size is on standard input, solves with it and takes its eigenvalues.
package main

import (
	"fmt"
	"math/rand"
	"os"

	"gonum.org/v1/gonum/mat"
)

func main() {
	var n int
	if _, err := fmt.Scan(&n); err != nil || n < 1 || n > 500 {
		fmt.Fprintln(os.Stderr, "expected a size from 1 to 500")
		os.Exit(2)
	}
	numbers := rand.New(rand.NewSource(1))
	a := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			a.Set(i, j, numbers.NormFloat64())
		}
	}
	var square, inverse, product mat.Dense
	square.Mul(a, a.T())
	fmt.Printf("determinant %.12e\n", mat.Det(a))
	if err := inverse.Inverse(a); err != nil {
		fmt.Println("inverse:", err)
	}
	product.Mul(a, &inverse)
	var eigen mat.EigenSym
	eigen.Factorize(mat.NewSymDense(n, square.RawMatrix().Data), false)
	values := eigen.Values(nil)
	fmt.Printf("trace of a product with the inverse %.9f\nlargest eigenvalue %.12e\n", mat.Trace(&product), values[len(values)-1])
}
