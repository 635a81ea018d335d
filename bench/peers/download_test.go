package peers

import (
	"testing"
	"time"

	"udptorrent/bench/rig"
)

func TestWhatADownloadNotes(t *testing.T) {
	began := time.Now()
	d := &Download{swarm: &Swarm{began: began}, ready: make(chan struct{}), finished: make(chan struct{})}
	line := eventsTo(d.take)
	over := func(c chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	line(`{"event":"list","command":"list","torrents":[]}`, began)
	line(`{"event":"done","command":"list","seconds":0.01}`, began)
	if !over(d.ready) || over(d.finished) {
		t.Fatal("an answered list is not ready, or the end")
	}
	line(`{"event":"progress","command":"download","phase":"downloading","bytes":100,"owners":[{"node_id":1,"bytes":90},{"node_id":2,"bytes":40}]}`, began.Add(time.Second))
	if d.Verified() != 100 || d.Timeline().Bytes(1) != 130 {
		t.Errorf("%d bytes verified, %v came", d.Verified(), d.Timeline())
	}
	line(`{"event":"done","command":"download","seconds":2,"bytes":200,"owners":[{"node_id":1,"bytes":150},{"node_id":2,"bytes":50}]}`, began.Add(2*time.Second))
	line(`{"event":"failed","error":"later"}`, began.Add(3*time.Second))
	if !over(d.finished) || d.end.Event != "done" || d.end.from(1) != 150 || d.Verified() != 200 {
		t.Errorf("%+v", d.end)
	}
}

func TestADownloadThatCouldNotBeginIsNotReady(t *testing.T) {
	d := &Download{Process: new(rig.Process), swarm: &Swarm{}, ready: make(chan struct{}), finished: make(chan struct{})}
	eventsTo(d.take)(`{"event":"failed","error":"the folder is in use"}`, time.Time{})
	if err := d.Ready(t.Context()); err == nil || err.Error() != "it could not begin: the folder is in use" {
		t.Error(err)
	}
}
