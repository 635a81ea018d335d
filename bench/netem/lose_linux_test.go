package netem

import "testing"

func TestLossesCanBeginAndEnd(t *testing.T) {
	const packets = 50
	s := open(t, Config{Hosts: []Host{{}, {}}})
	from, _ := socket(t, s, 0)
	to, addr := socket(t, s, 1)
	s.Lose(0, 1, 0)
	for range packets {
		send(t, from, addr, []byte("lost"))
	}
	entered(t, s, 0, packets)
	s.Lose(0, 0, 0)
	send(t, from, addr, []byte("arrives"))
	buf := make([]byte, 16)
	if n, err := to.Read(buf); err != nil || string(buf[:n]) != "arrives" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
}
