// Command shardgate-vitess writes what shardgate's vindexes must agree with Vitess about, by running Vitess itself:
// the collation table of the unicode_loose vindexes, and test vectors. See README.md.
//
// The module's path lies within Vitess's so that Go lets it import the collation's internal package.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . FOLDER_OF_THE_VSCHEMA_CRATE")
		os.Exit(2)
	}
	root := os.Args[1]
	table := buildTable()
	write(filepath.Join(root, "src/vindex/unicode/table.bin"), table.encode())
	write(filepath.Join(root, "tests/data/unicode_vectors.bin"), unicodeVectors(table))
	write(filepath.Join(root, "tests/data/vindex_vectors.jsonl"), vindexVectors())
}

func write(path string, data []byte) {
	if err := os.WriteFile(path, data, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(path, len(data), "bytes")
}
