package netem

import (
	"net"
	"testing"
	"time"
)

func TestLossesCanBeginAndEnd(t *testing.T) {
	const packets = 50
	s := open(t, Config{Hosts: []Host{{}, {}}})
	from, _ := socket(t, s, 0)
	to, addr := socket(t, s, 1)
	send := func(text string) {
		if _, err := from.WriteToUDP([]byte(text), net.UDPAddrFromAddrPort(addr)); err != nil {
			t.Fatal(err)
		}
	}
	s.Lose(0, 1, 0)
	for range packets {
		send("lost")
	}
	for deadline := time.Now().Add(10 * time.Second); s.Report().Hosts[0].Up.Lost < packets; {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d packets are lost", s.Report().Hosts[0].Up.Lost, packets)
		}
	}
	s.Lose(0, 0, 0)
	send("arrives")
	buf := make([]byte, 16)
	if n, err := to.Read(buf); err != nil || string(buf[:n]) != "arrives" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
}
