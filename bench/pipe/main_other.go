//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "pipe: only Linux has segmentation offload for UDP")
	os.Exit(1)
}
