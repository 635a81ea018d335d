package repl

import (
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"udptorrent/node"
)

var labStatus = node.Status{
	Node: 4, Addr: "127.0.0.1:7000", Tracker: "http://localhost:12345", Folder: "node_files/node4", Registered: true,
	Shared: []node.SharedStatus{{
		Shared: node.Shared{File: "lab.iso", Bytes: 1e9, Pieces: 954, InfoHash: hash(3), Owned: true},
		Askers: []node.Asker{
			{Node: 7, Addr: "192.168.111.107:40111", Bytes: 310e6, Rate: 8.1e6, Pieces: 296, Rank: 296},
			{Node: 12, Bytes: 64e6, Pieces: 61, Waits: true},
		},
	}},
	Downloading: []node.Progress{
		{
			Phase: node.PhaseDownloading, File: "notes.pdf", Bytes: 451e6, Length: 1e9, Rate: 14e6, ETA: -1, Pieces: 431, PiecesTotal: 954,
			Owners: []node.OwnerProgress{
				{Node: 1, Addr: "192.168.111.101:40001", State: node.OwnerActive, Rate: 12e6, Pieces: 954, Via: node.ViaTracker},
				{Node: 9, Addr: "192.168.111.109:40002", State: node.OwnerConnecting, Via: node.ViaAsker},
			},
			Askers: []node.Asker{
				{Node: 9, Addr: "192.168.111.109:40002", Rate: 1.1e6, Pieces: 400, Rank: 400},
				{Node: 12, Pieces: 100, Rank: 100},
			},
		},
		{Phase: node.PhaseQueued, File: "z", Length: 100, ETA: -1},
	},
}

func TestStatusShowsTheSwarmInEightyColumns(t *testing.T) {
	want := `node 4 on 127.0.0.1:7000, folder node_files/node4
tracker http://localhost:12345: registered
serving:
  lab.iso  1.0 GB  0303030303030303030303030303030303030303
    NODE  ADDRESS                SENT    OUT       HAS   RANK
    7     192.168.111.107:40111  310 MB  8.1 MB/s  31 %  296
    12    serves nowhere         64 MB             6 %   waits
fetching:
  notes.pdf  downloading   45 %  451 MB of 1.0 GB  14 MB/s  431/954 pieces
    NODE  ADDRESS                STATE       IN       OUT       HAS    VIA
    1     192.168.111.101:40001  active      12 MB/s            100 %  tracker
    9     192.168.111.109:40002  connecting           1.1 MB/s  0 %    asker
    12    serves nowhere         asks                           10 %
  z          queued         0 %  0 B of 100 B
to be resumed: nothing`
	lines := statusText(labStatus)
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, line := range lines {
		if runewidth.StringWidth(line) > 80 {
			t.Errorf("too wide: %s", line)
		}
	}
}
