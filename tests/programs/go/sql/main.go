// An SQL engine in memory: the statements of standard input, one a line; rows of queries go to standard output.
package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"strings"

	_ "github.com/proullon/ramsql/driver"
)

func run(db *sql.DB, statement string) error {
	if !strings.HasPrefix(strings.ToUpper(statement), "SELECT") {
		_, err := db.Exec(statement)
		return err
	}
	rows, err := db.Query(statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, _ := rows.Columns()
	for rows.Next() {
		values := make([]any, len(names))
		at := make([]any, len(names))
		for i := range values {
			at[i] = &values[i]
		}
		if err := rows.Scan(at...); err != nil {
			return err
		}
		fmt.Println(values...)
	}
	return rows.Err()
}

func main() {
	db, err := sql.Open("ramsql", "programs")
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := run(db, lines.Text()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
