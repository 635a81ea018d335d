package tracker

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"udptorrent/internal/eventlog"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// BenchmarkLoad measures how late answers are at 30,000 NEED and 10,000 durable changes
// a second, which come by the clock whether or not those before are answered. A hundred
// owners have the whole file and a thousand a part, and all deliver. The tracker logs.
func BenchmarkLoad(b *testing.B) {
	b.Run("handler", func(b *testing.B) {
		l := newLoad(b)
		l.run(b, func() sender {
			return func(path string, m []byte) (int, []byte) { return serveBytes(l.tracker, path, m) }
		})
	})
	b.Run("http", func(b *testing.B) {
		l := newLoad(b)
		server := httptest.NewServer(l.tracker.Handler())
		defer server.Close()
		l.run(b, func() sender { return dial(b, server.Listener.Addr().String()) })
	})
}

// A sender sends one message at a time and waits for its answer.
type sender func(path string, message []byte) (status int, body []byte)

// dial returns a sender with a connection of its own. It is no client that anybody
// should use, but takes little of the time that the tracker has.
func dial(b *testing.B, addr string) sender {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	r := bufio.NewReader(conn)
	var request, body []byte
	return func(path string, message []byte) (status int, _ []byte) {
		request = fmt.Appendf(request[:0], "POST %s HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n%s", path, len(message), message)
		if _, err := conn.Write(request); err != nil {
			return 0, []byte(err.Error())
		}
		length := 0
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return 0, []byte(err.Error())
			}
			if line == "\r\n" {
				break
			}
			if code, ok := strings.CutPrefix(line, "HTTP/1.1 "); ok {
				status, _ = strconv.Atoi(code[:3])
			} else if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				length, _ = strconv.Atoi(strings.TrimSpace(value))
			}
		}
		body = slices.Grow(body[:0], length)[:length]
		if _, err := io.ReadFull(r, body); err != nil {
			return 0, []byte(err.Error())
		}
		return status, body
	}
}

// A load is a tracker with a swarm in it, and what its members say.
type load struct {
	*world
	file    *torrent.Torrent
	members []api.Credentials // the first only signs
	needs   [][]byte
}

func newLoad(b *testing.B) *load {
	const owners, whole = 1100, 100
	log, file, err := eventlog.Open(b.TempDir(), "tracker", eventlog.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	l := &load{world: newWorld(b, Config{TrackerInterval: time.Hour, Log: log})}
	l.file = l.world.file("bench", 64<<20)
	for id := range owners + 1 {
		c := l.join(id + 1)
		l.must("/v1/own", api.OwnRequest{Credentials: c, Torrent: l.file.Bytes(), Complete: id <= whole}, nil)
		need, err := json.Marshal(api.NeedRequest{Credentials: c, InfoHash: l.file.InfoHash})
		if err != nil {
			b.Fatal(err)
		}
		l.members, l.needs = append(l.members, c), append(l.needs, need)
	}
	return l
}

func (l *load) need(i int) (path string, message []byte) {
	return "/v1/need", l.needs[i%len(l.needs)]
}

func (l *load) update(i int) (path string, message []byte) {
	owners := l.members[1:]
	owner := owners[i%len(owners)]
	r := api.Receipt{Downloader: l.members[0].NodeID, Owner: owner.NodeID, InfoHash: l.file.InfoHash, Serial: uint64(1 + i/len(owners)), Bytes: 1}
	message, err := json.Marshal(api.UpdateRequest{Credentials: owner, Receipt: api.SignReceipt(l.members[0].Secret, r)})
	if err != nil {
		l.Error(err)
	}
	return "/v1/update", message
}

// run sends b.N messages, one in four of them a change, and reports how late they were
// answered.
func (l *load) run(b *testing.B, open func() sender) {
	var wg sync.WaitGroup
	b.ResetTimer()
	start := time.Now().Add(10 * time.Millisecond)
	changes := l.send(&wg, start, b.N/4+1, 10_000, l.update, open)
	needs := l.send(&wg, start, b.N*3/4+1, 30_000, l.need, open)
	wg.Wait()
	b.StopTimer()
	for name, latencies := range map[string][][]time.Duration{"change": changes, "need": needs} {
		all := slices.Concat(latencies...)
		slices.Sort(all)
		b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), name+"s/s")
		for _, q := range []int{50, 99} {
			b.ReportMetric(float64(all[len(all)*q/100].Microseconds())/1000, fmt.Sprintf("%s-p%d-ms", name, q))
		}
	}
}

// send has 100 callers share out n messages, rate of which are due in a second. The
// times that it returns, once wg is done, are from when each was due to its answer.
func (l *load) send(wg *sync.WaitGroup, start time.Time, n, rate int, message func(i int) (string, []byte), open func() sender) [][]time.Duration {
	const callers = 100
	latencies := make([][]time.Duration, callers)
	for caller := range callers {
		send := open()
		wg.Go(func() {
			for i := caller; i < n; i += callers {
				due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
				path, m := message(i)
				time.Sleep(time.Until(due))
				if status, body := send(path, m); status != http.StatusOK {
					l.Errorf("%s: %s", path, body)
					return
				}
				latencies[caller] = append(latencies[caller], time.Since(due))
			}
		})
	}
	return latencies
}
