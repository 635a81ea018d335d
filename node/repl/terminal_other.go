//go:build !windows

package repl

import "os"

// obeysEscapes reports whether the cursor can be moved. A dumb terminal only prints.
func obeysEscapes(*os.File) bool { return os.Getenv("TERM") != "dumb" }
