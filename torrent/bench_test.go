package torrent

import (
	"bytes"
	"context"
	"crypto/sha1"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// benchFile returns the content of a benchmark: 256 MiB, in the page cache.
func benchFile(b *testing.B) (io.ReaderAt, int64) {
	b.Helper()
	const length = 256 << 20
	path := filepath.Join(b.TempDir(), "file")
	if err := os.WriteFile(path, randomBytes(length), 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	b.SetBytes(length)
	return f, length
}

func BenchmarkCreate(b *testing.B) {
	r, length := benchFile(b)
	for b.Loop() {
		if _, err := Create(context.Background(), r, length, CreateOptions{Name: "f"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	r, length := benchFile(b)
	made, err := Create(context.Background(), r, length, CreateOptions{Name: "f"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if have, err := Verify(context.Background(), r, made, nil); err != nil || !have.Full() {
			b.Fatalf("%d pieces, %v", have.Count(), err)
		}
	}
}

// BenchmarkSHA1 is what one core can do, for comparison.
func BenchmarkSHA1(b *testing.B) {
	data := randomBytes(1 << 20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		sha1.Sum(data)
	}
}

func BenchmarkParse(b *testing.B) {
	r := bytes.NewReader(make([]byte, 64<<20))
	made, err := Create(context.Background(), r, r.Size(), CreateOptions{Name: "f", PieceLength: 1 << 10})
	if err != nil {
		b.Fatal(err)
	}
	file := made.Bytes()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := Parse(file); err != nil {
			b.Fatal(err)
		}
	}
}
