package node

import (
	"fmt"
	"testing"
)

func TestFilesOfEverySizeArriveWhole(t *testing.T) {
	t.Parallel()
	s := newSwarm(t)
	owners := []*peer{s.node(1), s.node(2), s.node(3)}
	d := s.node(4)
	const piece = 16 << 10
	for i, size := range []int{0, 1, piece, piece + 1, 5 << 20} {
		name := fmt.Sprintf("файл \"%d\" 🎈.bin", size)
		content := noise(byte(i), size)
		var path string
		for _, o := range owners {
			path = o.share(name, content).TorrentPath
		}
		r := d.fetch(path, content)
		var sum int64
		for _, o := range r.Owners {
			sum += o.Bytes
		}
		if r.Bytes != int64(size) || sum != int64(size) || !r.SHA1Checked {
			t.Errorf("%d bytes: %+v", size, r)
		}
	}
}
