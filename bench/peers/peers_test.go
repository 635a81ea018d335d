package peers

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"udptorrent/torrent/bencode"
)

func TestEventsOfANodeAreUnderstood(t *testing.T) {
	var got []event
	line := eventsTo(func(e event, _ time.Time) { got = append(got, e) })
	line(`{"event":"progress","command":"download","phase":"downloading","bytes":5,"owners":[{"node_id":1,"bytes":70},{"node_id":2,"bytes":8}]}`, time.Time{})
	line(`no JSON`, time.Time{})
	line(`{"event":"done","command":"download","seconds":1.294,"bytes":104857600,"owners":[`+
		`{"node_id":2,"bytes":57671680,"asked":49232,"repeated":3,"lost":4},{"node_id":1,"bytes":47185920,"asked":40281,"repeated":30,"lost":40}]}`, time.Time{})
	if len(got) != 2 || got[0].Phase != "downloading" || got[0].received() != 78 {
		t.Fatalf("%+v", got)
	}
	if done := got[1]; done.Seconds != 1.294 || done.blocks() != (Blocks{Asked: 89513, Repeated: 33, Lost: 44}) {
		t.Errorf("%+v", done)
	}
}

func TestAnnouncerNamesSeedsToEverybody(t *testing.T) {
	a, err := startAnnouncer()
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	announce := func(port, left int) string {
		resp, err := http.Get(fmt.Sprintf("%s?port=%d&left=%d", a.url, port, left))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bencode.Parse(b, bencode.Limits{}); err != nil {
			t.Errorf("%q: %v", b, err)
		}
		return string(b)
	}
	announce(0x1234, 0)
	if got, want := announce(99, 1000), "d8:intervali60e5:peers6:\x7f\x00\x00\x01\x12\x34e"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if len(a.news) != 1 {
		t.Errorf("%d seeds are news", len(a.news))
	}
}
