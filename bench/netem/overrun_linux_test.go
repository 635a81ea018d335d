package netem

import "testing"

func TestDropsOfAnInterfaceAreFound(t *testing.T) {
	const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       1       2    3    4    5     6          7         8        9      10   11   12   13    14      15         16
  eth0:     101     102  103  104  105   106        107       108      109     110  111  112  113   114     115        116
`
	if got, ok := dropped(table, "eth0"); got != 112 || !ok {
		t.Errorf("%d, %v", got, ok)
	}
	for _, missing := range []string{"", "  lo: 1 2 3", "  eth0: 1 2 3"} {
		if got, ok := dropped(missing, "eth0"); ok {
			t.Errorf("%d of what is not there", got)
		}
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
	if got := s.Report().Accuracy.Overrun; got < 0 {
		t.Fatal("it cannot be counted")
	} else if got == 0 {
		t.Skip("this system drops nothing where a queue is full")
	}
	s.Start()
	if got := s.Report().Accuracy.Overrun; got != 0 {
		t.Errorf("%d are left of what was before", got)
	}
}
