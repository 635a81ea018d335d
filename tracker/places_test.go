package tracker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/tracker/api"
)

func TestPlacesAreBoundedForAllAndForEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(3, 2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		one, other := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
		take := func(ip netip.Addr) func() {
			t.Helper()
			free, err := p.take(ctx, ip)
			if err != nil {
				t.Fatal(err)
			}
			return free
		}
		first := take(one)
		take(one)
		got := make(chan error, 2)
		for _, ip := range []netip.Addr{one, one} { // its share is taken, though a place is free
			go func() { _, err := p.take(ctx, ip); got <- err }()
		}
		synctest.Wait()
		if len(got) > 0 {
			t.Fatal("one client took more than its share")
		}
		last := take(other)
		if ok, _ := p.try(netip.MustParseAddr("10.0.0.3")); ok {
			t.Error("a fourth of three places was given")
		}
		last()
		first()
		if err := <-got; err != nil {
			t.Errorf("who waited for the place given back: %v", err)
		}
		if err := <-got; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who waited in vain: %v", err)
		}
	})
}

// A client that begins bodies and does not go on leaves places for others.
func TestAnIdleClientLeavesPlacesForOthers(t *testing.T) {
	w, _ := start(t, Config{})
	begin := fmt.Sprintf("POST /v1/own HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", smallBody+1)
	for range maxLargeBodies {
		conn, err := net.Dial("tcp", w.tracker.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(begin)); err != nil {
			t.Fatal(err)
		}
	}
	held := func() int {
		w.tracker.large.mu.Lock()
		defer w.tracker.large.mu.Unlock()
		return w.tracker.large.taken
	}
	for held() < maxLargeBodiesOfIP {
		time.Sleep(time.Millisecond)
	}
	// The idle ones come from 127.0.0.1; this one does not.
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	conn, err := dialer.Dial("tcp", w.tracker.listener.Addr().String())
	if err != nil {
		t.Skipf("this system has no second loopback address: %v", err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second)) // sooner than the idle ones are cut off
	body := make([]byte, smallBody+1)
	if _, err := conn.Write(append([]byte(begin), body...)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("a client was held up by the idle ones: %v", err)
	}
	if answer.StatusCode != api.BadRequest.Status() {
		t.Errorf("the tracker answers %s", answer.Status)
	}
}
