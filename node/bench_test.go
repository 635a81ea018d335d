package node

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkDownload has a node fetch 512 MiB from three others, all in this process,
// verified and written. Its profile tells where the time of a whole download goes,
// both sides together; TMPDIR says on which file system.
func BenchmarkDownload(b *testing.B) {
	const size = 512 << 20
	s := newSwarm(b)
	path := filepath.Join(s.dir, "bench.bin")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.CopyN(f, rand.Reader, size); err != nil {
		b.Fatal(err)
	}
	f.Close()
	var what string
	for id := range 3 {
		owner := s.node(1 + id)
		shared, err := owner.Send(context.Background(), path, nil)
		if err != nil {
			b.Fatal(err)
		}
		what = shared.TorrentPath
		b.Cleanup(func() { owner.Close() })
	}
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		os.RemoveAll(s.folder(9))
		downloader := s.node(9)
		b.StartTimer()
		result, err := downloader.Download(context.Background(), what, nil)
		if err != nil || result.Bytes != size {
			b.Fatal(result, err)
		}
		b.StopTimer()
		downloader.Close()
		b.StartTimer()
	}
}
