package plot

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestReadTellsDownloadsAndOwnersApart(t *testing.T) {
	const file = `{"time":"2026-01-02T15:04:05.002Z","torrent":"aa","node_id":2,"mode":"startup","bytes":1}
{"time":"2026-01-02T15:04:05.001Z","torrent":"aa","node_id":1,"mode":"drain","bytes":2,"rtt_ms":1.5}

{"time":"2026-01-02T15:04:05.003Z","torrent":"bb","node_id":1,"mode":"dip"}
{"time":"2026-01-02T15:04:05.004Z","torrent":"aa","node_id":1,"mo`
	downloads, err := Read(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(downloads) != 2 || len(downloads[0]) != 2 || len(downloads[1]) != 1 {
		t.Fatalf("downloads: %+v", downloads)
	}
	owners := downloads[0].owners()
	if len(owners) != 2 || owners[0].node != 1 || owners[1].node != 2 {
		t.Fatalf("owners: %+v", owners)
	}
	want := Sample{Time: time.Date(2026, 1, 2, 15, 4, 5, 1e6, time.UTC), Torrent: "aa", Node: 1, Mode: "drain", Bytes: 2, RTT: 1.5}
	if got := owners[0].samples[0]; got != want || downloads[0][0] != want {
		t.Errorf("sample %+v\n want %+v", got, want)
	}
}

func TestReadRefusesWhatIsNoTrace(t *testing.T) {
	if _, err := Read(strings.NewReader("")); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty file: %v", err)
	}
	_, err := Read(strings.NewReader("{\"torrent\":\"aa\"}\nnoise\n"))
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("noise in line 2: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("{\"time\":\"2026-01-02T15:04:05Z\",\"torrent\":\"aa\",\"node_id\":1,\"bytes\":-9,\"lost\":3,\"rate\":1e308,\"datagram\":1200}\n"))
	f.Add([]byte("{}\n{\"rtt_ms\":-1}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		downloads, err := Read(strings.NewReader(string(file)))
		if err != nil {
			return
		}
		var flows []Flow
		for _, d := range downloads {
			flows = append(flows, Flow{"a < b", d})
			for _, picture := range [][]byte{Download(d, Options{To: time.Second}), Share(flows, Options{To: time.Second})} {
				if len(picture) > 1<<20 {
					t.Errorf("a picture of %d bytes", len(picture))
				}
			}
		}
	})
}
