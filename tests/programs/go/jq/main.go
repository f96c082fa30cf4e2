// A JSON tool: gojq. The first line of standard input is the filter, the rest is what it is applied to.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/itchyny/gojq"
)

func fail(status int, err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(status)
}

func main() {
	in := bufio.NewReader(os.Stdin)
	filter, err := in.ReadString('\n')
	if err != nil {
		fail(2, err)
	}
	query, err := gojq.Parse(filter)
	if err != nil {
		fail(3, err)
	}
	out := json.NewEncoder(os.Stdout)
	for values := json.NewDecoder(in); ; {
		var value any
		if err := values.Decode(&value); err == io.EOF {
			return
		} else if err != nil {
			fail(2, err)
		}
		for results := query.Run(value); ; {
			result, ok := results.Next()
			if !ok {
				break
			}
			if err, ok := result.(error); ok {
				fail(5, err)
			}
			out.Encode(result)
		}
	}
}
