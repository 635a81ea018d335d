package netem

import "testing"

func TestDropsOfAnInterfaceAreFound(t *testing.T) {
	const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       1       2    3    4    5     6          7         8        9      10   11   12   13    14      15         16
  eth0:     101     102  103  104  105   106        107       108      109     110  111  112  113   114     115        116
`
	if got := dropped(table, "eth0"); got != 112 {
		t.Errorf("%d", got)
	}
	if got := dropped(table, "eth1") + dropped("", "eth0"); got != 0 {
		t.Errorf("%d of what is not there", got)
	}
}

func TestOverrunCountsFromStart(t *testing.T) {
	s := open(t, Config{Hosts: make([]Host, 2)})
	from, _ := socket(t, s, 0)
	_, addr := socket(t, s, 1)
	s.do(func() { // the loop reads nothing meanwhile
		for range interfaceQueue + 500 {
			from.WriteToUDPAddrPort([]byte("x"), addr)
		}
	})
	if s.Report().Accuracy.Overrun == 0 {
		t.Skip("this system drops nothing where a queue is full")
	}
	s.Start()
	if got := s.Report().Accuracy.Overrun; got != 0 {
		t.Errorf("%d are left of what was before", got)
	}
}
