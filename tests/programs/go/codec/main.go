// A codec: zstd and snappy of standard input a thousand times over, there and back.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

func zstdOf(data []byte) ([]byte, []byte) {
	w, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	r, _ := zstd.NewReader(nil)
	packed := w.EncodeAll(data, nil)
	back, err := r.DecodeAll(packed, nil)
	if err != nil {
		panic(err)
	}
	return packed, back
}

func snappyOf(data []byte) ([]byte, []byte) {
	packed := snappy.Encode(nil, data)
	back, err := snappy.Decode(nil, packed)
	if err != nil {
		panic(err)
	}
	return packed, back
}

func main() {
	input, _ := io.ReadAll(os.Stdin)
	data := bytes.Repeat(input, 1000)
	for _, codec := range []struct {
		name string
		run  func([]byte) ([]byte, []byte)
	}{{"zstd", zstdOf}, {"snappy", snappyOf}} {
		packed, back := codec.run(data)
		if !bytes.Equal(back, data) {
			panic(codec.name + " lost something")
		}
		fmt.Printf("%s %d %x\n", codec.name, len(packed), sha256.Sum256(packed))
	}
}
