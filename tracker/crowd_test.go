package tracker

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A member is a node as the tracker sees it, with connections of its own.
type member struct {
	api.Credentials
	client *api.Client
	file   *torrent.Torrent
	serial uint64
}

// join registers.
func (m *member) join(ctx context.Context) error {
	answer, err := m.client.Register(ctx, api.RegisterRequest{NodeID: m.NodeID, Port: 4000 + m.NodeID, Secret: m.Secret})
	m.Secret = answer.Secret
	return err
}

// download says what a node says while it downloads: which owners are there, that it
// has a part, again who else has one, a receipt to show from each owner, and that it
// has it all.
func (m *member) download(ctx context.Context, secrets []string) error {
	if err := m.client.Own(ctx, api.OwnRequest{Credentials: m.Credentials, InfoHash: m.file.InfoHash}); err != nil {
		return err
	}
	for range 5 {
		answer, err := m.client.Need(ctx, api.NeedRequest{Credentials: m.Credentials, Name: m.file.Name, Want: 16})
		if err != nil {
			return err
		}
		if len(answer.Owners) == 0 || len(answer.Owners) > 16 || !answer.Owners[0].Complete {
			return fmt.Errorf("told of %d owners, and of no whole one first", len(answer.Owners))
		}
		for _, o := range answer.Owners[:min(2, len(answer.Owners))] {
			m.serial++
			r := api.Receipt{Downloader: o.NodeID, Owner: m.NodeID, InfoHash: m.file.InfoHash, Serial: m.serial, Bytes: 1}
			receipt := api.SignReceipt(secrets[o.NodeID], r)
			if err := m.client.Update(ctx, api.UpdateRequest{Credentials: m.Credentials, Receipt: receipt}); err != nil {
				return err
			}
		}
		if err := m.join(ctx); err != nil { // a renewal
			return err
		}
	}
	return m.client.Own(ctx, api.OwnRequest{Credentials: m.Credentials, InfoHash: m.file.InfoHash, Complete: true})
}

// A lab of 200 nodes on one machine fetches one file from one of them, all at once and
// each over its own connections. The tracker answers all of it, keeps all of it, and
// ends in time though all connections are open.
func TestTwoHundredNodesAtOnce(t *testing.T) {
	const nodes = 200
	w, client := start(t, Config{})
	file := w.file("f", 1000)
	members := make([]*member, nodes+1) // by id
	for id := range members {
		own, err := api.NewClient(client.URL(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close()
		members[id] = &member{Credentials: api.Credentials{NodeID: id}, client: own, file: file}
	}
	all := func(what string, members []*member, act func(m *member) error) {
		t.Helper()
		var wg sync.WaitGroup
		for _, m := range members {
			wg.Go(func() {
				if err := act(m); err != nil {
					t.Errorf("%s, node %d: %v", what, m.NodeID, err)
				}
			})
		}
		if wg.Wait(); t.Failed() {
			t.FailNow()
		}
	}
	ctx := t.Context()
	all("register", members[1:], func(m *member) error { return m.join(ctx) })
	seed := members[1]
	if err := seed.client.Own(ctx, api.OwnRequest{Credentials: seed.Credentials, Torrent: file.Bytes(), Complete: true}); err != nil {
		t.Fatal(err)
	}
	secrets := make([]string, len(members))
	for _, m := range members {
		secrets[m.NodeID] = m.Secret
	}
	start := time.Now()
	all("download", members[2:], func(m *member) error { return m.download(ctx, secrets) })
	t.Logf("%d messages in %v", (nodes-1)*22, time.Since(start))
	list, err := client.Torrents(ctx)
	if err != nil || len(list) != 1 || list[0].Owners != nodes || list[0].Complete != nodes {
		t.Errorf("listed: %+v, %v", list, err)
	}
	start = time.Now()
	if err := w.tracker.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v to close", took)
	}
}
