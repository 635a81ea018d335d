//go:build !linux

package nowait

import "os"

// A Writer writes to one file. Any goroutine may use it.
type Writer struct{ file *os.File }

// NewWriter returns a writer to file, which stays the caller's to close.
func NewWriter(file *os.File) *Writer { return &Writer{file} }

// WriteAt is that of os.File.
func (w *Writer) WriteAt(b []byte, off int64) (int, error) { return w.file.WriteAt(b, off) }
