// A program of another tool chain, with a garbage collector, goroutines and its own scheduler: reads JSON, sorts, compresses and
// decompresses, hashes, multiplies large numbers, and says all of it on standard output.
package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"sort"
	"sync"
)

type request struct {
	Words []string `json:"words"`
	Power int64    `json:"power"`
	Fail  int      `json:"fail"`
}

func squeeze(data []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	w.Write(data)
	w.Close()
	back, err := io.ReadAll(flate.NewReader(bytes.NewReader(out.Bytes())))
	if err != nil || !bytes.Equal(back, data) {
		panic("compression lost something")
	}
	return out.Bytes()
}

func main() {
	var r request
	input, _ := io.ReadAll(os.Stdin)
	if err := json.Unmarshal(input, &r); err != nil {
		fmt.Fprintln(os.Stderr, "not a request:", err)
		os.Exit(2)
	}
	if r.Fail != 0 {
		os.Exit(r.Fail)
	}
	sort.Strings(r.Words)
	packed := squeeze(bytes.Repeat(input, 100))
	sums := make([]string, 8)
	var done sync.WaitGroup
	for i := range sums {
		done.Add(1)
		go func() {
			defer done.Done()
			sums[i] = fmt.Sprintf("%x", sha256.Sum256(append([]byte{byte(i)}, packed...)))[:8]
		}()
	}
	done.Wait()
	power := new(big.Int).Exp(big.NewInt(3), big.NewInt(r.Power), nil)
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"words": r.Words, "packed": len(packed), "sums": sums, "power": power.String(), "environment": len(os.Environ()),
	})
}
