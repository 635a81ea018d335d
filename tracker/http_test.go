package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
	"udptorrent/tracker/store"
)

// start runs a tracker on a free port of 127.0.0.1 until the test ends.
func start(t *testing.T, cfg Config) (*world, *api.Client) {
	t.Helper()
	cfg.Addr = "127.0.0.1:0"
	w := newWorld(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.tracker.Run(ctx) }()
	client, err := api.NewClient(w.tracker.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return w, client
}

// The five messages and the lists, over a real socket: a node shares a file, another
// finds it by name, fetches its .torrent and proves what it was given.
func TestTheWholeConversation(t *testing.T) {
	w, client := start(t, Config{})
	ctx := t.Context()
	join := func(id int) api.Credentials {
		t.Helper()
		answer, err := client.Register(ctx, api.RegisterRequest{NodeID: id, Port: 4000 + id})
		if err != nil {
			t.Fatal(err)
		}
		if answer.NodeIntervalMS != 20_000 || answer.TrackerIntervalMS != 22_000 || answer.Known {
			t.Errorf("register answers %+v", answer)
		}
		return api.Credentials{NodeID: id, Secret: answer.Secret}
	}
	check := func(what string, err error, code api.Code) {
		t.Helper()
		if code == "" && err != nil || code != "" && !errors.Is(err, code) {
			t.Errorf("%s: got %v, want %q", what, err, code)
		}
	}
	check("health", client.Health(ctx), "")
	owner, asker := join(1), join(2)
	file := w.file("день \"1\" 🎈.iso", 100_000)
	check("own", client.Own(ctx, api.OwnRequest{Credentials: owner, Torrent: file.Bytes(), Complete: true}), "")

	answer, err := client.Need(ctx, api.NeedRequest{Credentials: asker, Name: file.Name, WantTorrent: true})
	check("need", err, "")
	want := api.Owner{NodeID: 1, Addr: "127.0.0.1:4001", Complete: true}
	if answer.InfoHash != file.InfoHash || len(answer.Owners) != 1 || answer.Owners[0] != want || !bytes.Equal(answer.Torrent, file.Bytes()) {
		t.Errorf("need answers %+v", answer)
	}
	receipt := api.SignReceipt(asker.Secret, api.Receipt{Downloader: 2, Owner: 1, InfoHash: file.InfoHash, Serial: 1, Bytes: 100_000})
	check("update", client.Update(ctx, api.UpdateRequest{Credentials: owner, Receipt: receipt}), "")
	check("the same again", client.Update(ctx, api.UpdateRequest{Credentials: owner, Receipt: receipt}), api.ReplayedReceipt)
	forged := api.SignReceipt(owner.Secret, api.Receipt{Downloader: 2, Owner: 1, InfoHash: file.InfoHash, Serial: 2, Bytes: 100_000})
	check("a forged one", client.Update(ctx, api.UpdateRequest{Credentials: owner, Receipt: forged}), api.BadReceipt)
	answer, err = client.Need(ctx, api.NeedRequest{Credentials: asker, InfoHash: file.InfoHash})
	check("need", err, "")
	if len(answer.Owners) != 1 || answer.Owners[0].Frequency < 0.99 || answer.Owners[0].Frequency > 1 || answer.Torrent != nil {
		t.Errorf("need answers %+v", answer)
	}

	list, err := client.Torrents(ctx)
	check("list", err, "")
	listing := api.Listing{InfoHash: file.InfoHash, Name: file.Name, Length: 100_000, PieceLength: file.PieceLength, Pieces: file.NumPieces(), Owners: 1, Complete: 1}
	if len(list) != 1 || list[0] != listing {
		t.Errorf("listed: %+v", list)
	}
	got, err := client.Torrent(ctx, file.InfoHash)
	check("torrent", err, "")
	if !bytes.Equal(got, file.Bytes()) {
		t.Errorf("the .torrent file is %q", got)
	}

	check("an unknown torrent", func() error {
		_, err := client.Need(ctx, api.NeedRequest{Credentials: asker, InfoHash: torrent.Hash{1}})
		return err
	}(), api.UnknownTorrent)
	check("exit of another", client.Exit(ctx, api.ExitRequest{Credentials: api.Credentials{NodeID: 1, Secret: asker.Secret}}), api.WrongSecret)
	check("withdraw", client.Own(ctx, api.OwnRequest{Credentials: owner, Withdraw: true, InfoHash: file.InfoHash}), "")
	answer, err = client.Need(ctx, api.NeedRequest{Credentials: asker, InfoHash: file.InfoHash})
	check("need", err, "")
	if len(answer.Owners) != 0 {
		t.Errorf("need answers %+v after the withdrawal", answer)
	}
	check("exit", client.Exit(ctx, api.ExitRequest{Credentials: owner}), "")
	check("exit again", client.Exit(ctx, api.ExitRequest{Credentials: owner}), api.UnknownNode)
}

func TestNeedTellsOfAsManyAsAreWanted(t *testing.T) {
	w := newWorld(t, Config{})
	file := w.file("f", 10)
	for id := 1; id <= 60; id++ {
		w.must("/v1/own", api.OwnRequest{Credentials: w.join(id), Torrent: file.Bytes(), Complete: id <= 2}, nil)
	}
	asker := w.join(61)
	for want, told := range map[int]int{0: 8, 1: 1, 20: 20, 50: 50} {
		var answer api.NeedAnswer
		w.must("/v1/need", api.NeedRequest{Credentials: asker, InfoHash: file.InfoHash, Want: want}, &answer)
		if len(answer.Owners) != told || !answer.Owners[0].Complete {
			t.Errorf("want %d: told of %+v", want, answer.Owners)
		}
	}
}

func TestTheListComesInPages(t *testing.T) {
	w, client := start(t, Config{})
	owner := w.join(1)
	want := map[torrent.Hash]bool{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		want[w.own(owner, w.file(name, 10))] = true
	}
	var pages []int
	for cursor := ""; ; {
		page, err := client.TorrentsPage(t.Context(), cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, len(page.Torrents))
		for _, listing := range page.Torrents {
			if !want[listing.InfoHash] {
				t.Errorf("%v is listed twice, or out of nowhere", listing.InfoHash)
			}
			delete(want, listing.InfoHash)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(want) != 0 || len(pages) != 3 {
		t.Errorf("pages of %v torrents, %d never listed", pages, len(want))
	}
}

// Of the longest names, and of characters that JSON writes with six.
func TestAPageIsBoundedInBytes(t *testing.T) {
	w := newWorld(t, Config{})
	want := api.MaxPage
	for i := range want {
		m := metainfo{InfoHash: torrent.Hash{byte(i >> 8), byte(i)}, Name: strings.Repeat("<", torrent.MaxName), Length: math.MaxInt64, PieceLength: math.MaxInt64}
		w.tracker.public.swarm.publish(m, epoch)
	}
	for path := "/v1/torrents"; path != ""; {
		r := httptest.NewRecorder()
		w.tracker.Handler().ServeHTTP(r, httptest.NewRequest(http.MethodGet, path, nil))
		var page api.ListAnswer
		if err := json.Unmarshal(r.Body.Bytes(), &page); err != nil || r.Body.Len() > maxPageBytes || len(page.Torrents) == 0 {
			t.Fatalf("a page of %d torrents has %d bytes, %v", len(page.Torrents), r.Body.Len(), err)
		}
		want -= len(page.Torrents)
		if path = ""; page.Next != "" {
			path = "/v1/torrents?after=" + page.Next
		}
	}
	if want != 0 {
		t.Errorf("%d torrents were never listed", want)
	}
}

func TestRequestsThatAreNoMessagesAreRefused(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.join(1)
	for _, test := range []struct {
		name, method, path, body string
		want                     api.Code
	}{
		{"no such route", "GET", "/v2/torrents", "", api.NotFound},
		{"a page", "GET", "/", "", api.NotFound},
		{"another method", "GET", "/v1/register", "", api.WrongMethod},
		{"a hash that is none", "GET", "/v1/torrents/xyz", "", api.BadRequest},
		{"a torrent that is not here", "GET", "/v1/torrents/" + strings.Repeat("00", 20), "", api.UnknownTorrent},
		{"a cursor that is none", "GET", "/v1/torrents?after=x", "", api.BadRequest},
		{"a limit of none", "GET", "/v1/torrents?limit=0", "", api.BadRequest},
		{"no JSON", "POST", "/v1/need", "need", api.BadRequest},
		{"a large body", "POST", "/v1/exit", strings.Repeat(" ", api.MaxBody+1), api.TooLarge},
		{"a larger own", "POST", "/v1/own", strings.Repeat(" ", api.MaxOwnBody+1), api.TooLarge},
		{"no torrent", "POST", "/v1/own", `{"node_id":1,"secret":"` + c.Secret + `","torrent":"ZGU="}`, api.BadTorrent},
		{"no receipt", "POST", "/v1/update", `{"node_id":1,"secret":"` + c.Secret + `","receipt":"ZGU="}`, api.BadReceipt},
	} {
		r := httptest.NewRecorder()
		w.tracker.Handler().ServeHTTP(r, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
		if r.Code != test.want.Status() || !strings.Contains(r.Body.String(), `"code":"`+string(test.want)+`"`) {
			t.Errorf("%s: %d %s, want %s", test.name, r.Code, r.Body, test.want)
		}
		if got := r.Header().Get("Content-Type"); got != "application/json" {
			t.Errorf("%s: answered as %q", test.name, got)
		}
	}
}

func TestAWrongMethodIsToldTheRightOne(t *testing.T) {
	w := newWorld(t, Config{})
	for _, route := range routes {
		allowed := route.method
		if allowed == http.MethodGet {
			allowed = "GET, HEAD"
		}
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut} {
			r := httptest.NewRecorder()
			w.tracker.Handler().ServeHTTP(r, httptest.NewRequest(method, strings.Replace(route.path, "{info_hash}", "xyz", 1), nil))
			wrong, allow := r.Code == http.StatusMethodNotAllowed, r.Header().Get("Allow")
			if wrong == strings.Contains(allowed, method) || wrong && allow != allowed {
				t.Errorf("%s %s: status %d, allowed is %q", method, route.path, r.Code, allow)
			}
		}
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	w, client := start(t, Config{})
	infoHash := w.own(w.join(1), w.file("f", 10))
	for path, want := range map[string]int{
		"/v1/health":                               http.StatusOK,
		"/v1/torrents":                             http.StatusOK,
		"/v1/torrents/" + infoHash.String():        http.StatusOK,
		"/v1/torrents/" + strings.Repeat("00", 20): http.StatusNotFound,
	} {
		get, err := http.Get(client.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		get.Body.Close()
		head, err := http.Head(client.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(head.Body)
		head.Body.Close()
		if head.StatusCode != want || head.ContentLength != get.ContentLength || len(body) > 0 || err != nil {
			t.Errorf("%s: status %d, want %d, length %d, want %d, body %q, %v", path, head.StatusCode, want, head.ContentLength, get.ContentLength, body, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// It is the hash that stands for none elsewhere.
func TestTheHashOfZerosIsATorrentLikeAnyOther(t *testing.T) {
	w := newWorld(t, Config{})
	zeros := strings.Repeat("00", 20)
	r := httptest.NewRecorder()
	w.tracker.Handler().ServeHTTP(r, httptest.NewRequest("GET", "/v1/torrents/"+zeros, nil))
	if want := "no node ever published torrent " + zeros; !strings.Contains(r.Body.String(), want) {
		t.Errorf("got %s, want %q", r.Body, want)
	}
}

// A writer notes how much it is given at a time.
type writer struct {
	*httptest.ResponseRecorder
	most int
}

func (w *writer) Write(b []byte) (int, error) {
	w.most = max(w.most, len(b))
	return w.ResponseRecorder.Write(b)
}

func TestATorrentFileIsSentWithoutACopyInMemory(t *testing.T) {
	w := newWorld(t, Config{})
	infoHash := w.own(w.join(1), w.file("f", 10))
	want := bytes.Repeat([]byte("torrent"), 150_000)
	if err := w.tracker.store.SaveTorrent(infoHash.String(), want); err != nil {
		t.Fatal(err)
	}
	r := &writer{ResponseRecorder: httptest.NewRecorder()}
	w.tracker.Handler().ServeHTTP(r, httptest.NewRequest("GET", "/v1/torrents/"+infoHash.String(), nil))
	if r.Code != http.StatusOK || !bytes.Equal(r.Body.Bytes(), want) || r.most > 64<<10 {
		t.Errorf("status %d, %d bytes, %d of them at a time", r.Code, r.Body.Len(), r.most)
	}
	for key, want := range map[string]string{"Content-Type": "application/x-bittorrent", "Content-Length": "1050000", "X-Content-Type-Options": "nosniff"} {
		if got := r.Header().Get(key); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
}

func TestTheTorrentOfANeedIsSentWithoutACopyInMemory(t *testing.T) {
	w := newWorld(t, Config{})
	infoHash := w.own(w.join(1), w.file("f", 10))
	want := bytes.Repeat([]byte("torrent"), 150_001) // its base64 ends in padding
	if err := w.tracker.store.SaveTorrent(infoHash.String(), want); err != nil {
		t.Fatal(err)
	}
	message, err := json.Marshal(api.NeedRequest{Credentials: w.join(2), InfoHash: infoHash, WantTorrent: true})
	if err != nil {
		t.Fatal(err)
	}
	r := &writer{ResponseRecorder: httptest.NewRecorder()}
	w.tracker.Handler().ServeHTTP(r, httptest.NewRequest("POST", "/v1/need", bytes.NewReader(message)))
	if r.Code != http.StatusOK || r.most > 64<<10 {
		t.Errorf("status %d, %d bytes at a time", r.Code, r.most)
	}
	var answer api.NeedAnswer
	if err := json.Unmarshal(r.Body.Bytes(), &answer); err != nil || !bytes.Equal(answer.Torrent, want) || answer.InfoHash != infoHash || len(answer.Owners) != 1 {
		t.Errorf("need answers %d bytes of a torrent, %v, %+v, %v", len(answer.Torrent), answer.InfoHash, answer.Owners, err)
	}
	for key, want := range map[string]string{"Content-Type": "application/json", "Content-Length": strconv.Itoa(r.Body.Len()), "X-Content-Type-Options": "nosniff"} {
		if got := r.Header().Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestAStrangerWritesNothingToTheDisk(t *testing.T) {
	w := newWorld(t, Config{})
	w.join(1)
	m := api.OwnRequest{Credentials: api.Credentials{NodeID: 1, Secret: "guess"}, Torrent: w.file("f", 10).Bytes()}
	w.refused("/v1/own", m, api.WrongSecret)
	if names, err := w.tracker.store.TorrentNames(); err != nil || len(names) != 0 {
		t.Errorf("torrent files: %v, %v", names, err)
	}
}

func TestAPublicationThatIsRefusedLeavesNoFile(t *testing.T) {
	for name, cfg := range map[string]Config{
		"the node is at its limit":    {MaxTorrentsPerNode: 1},
		"the tracker is at its limit": {MaxTorrents: 1},
	} {
		w := newWorld(t, cfg)
		c := w.join(1)
		w.own(c, w.file("f", 10))
		w.refused("/v1/own", api.OwnRequest{Credentials: c, Torrent: w.file("g", 10).Bytes()}, api.LimitReached)
		if names, err := w.tracker.store.TorrentNames(); err != nil || len(names) != 1 {
			t.Errorf("%s: torrent files: %v, %v", name, names, err)
		}
	}
}

// While the keeper is busy two publications of a node that has one place left get as far
// as their files.
func TestAPublicationThatIsRefusedLateLeavesNoFile(t *testing.T) {
	w := newWorld(t, Config{MaxTorrentsPerNode: 1})
	c := w.join(1)
	release := make(chan struct{})
	busy := make(chan error, 1)
	go func() {
		busy <- w.tracker.keeper.do(func(*ledger, time.Time) ([]event, error) { <-release; return nil, nil })
	}()
	status := make(chan int, 2)
	for _, name := range []string{"f", "g"} {
		m := api.OwnRequest{Credentials: c, Torrent: w.file(name, 10).Bytes()}
		go func() { code, _ := serve(w.tracker, "/v1/own", m); status <- code }()
	}
	files := func() int {
		names, err := w.tracker.store.TorrentNames()
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	for files() < 2 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	if err := <-busy; err != nil {
		t.Fatal(err)
	}
	if sum := <-status + <-status; sum != http.StatusOK+api.LimitReached.Status() {
		t.Errorf("the two are answered with statuses that make %d", sum)
	}
	if n := files(); n != 1 {
		t.Errorf("%d torrent files are left, want the one that is listed", n)
	}
}

// One publication has written the file and another, which wrote it too, is refused.
func TestARefusalTakesNoFileFromAnotherPublication(t *testing.T) {
	w := newWorld(t, Config{})
	file := w.file("f", 10)
	m := api.OwnRequest{Credentials: w.join(1)}
	hasFile := func(when string) {
		t.Helper()
		if !w.tracker.store.HasTorrent(file.InfoHash.String()) {
			t.Errorf("%s the file is gone", when)
		}
	}
	if _, err := w.tracker.writeTorrent(m.Credentials, file); err != nil {
		t.Fatal(err)
	}
	w.tracker.dropTorrent(file.InfoHash)
	if err := w.tracker.ownWritten(&m, file); err != errNoFile {
		t.Errorf("a torrent without a file is owned: %v", err)
	}
	if err := w.tracker.publish(&m, file); err != nil {
		t.Fatal(err)
	}
	hasFile("after another try")
	w.tracker.dropTorrent(file.InfoHash)
	hasFile("after the refusal of a torrent that is listed by now")
}

func TestInternalCausesAreLoggedAndNotSent(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	w := newWorld(t, Config{Log: zap.New(core)})
	for name, h := range map[string]handle{
		"panic": func(*Tracker, *http.Request) (any, error) { panic("the cause") },
		"error": func(*Tracker, *http.Request) (any, error) { return nil, errors.New("the cause") },
	} {
		r := httptest.NewRecorder()
		w.tracker.handler(h).ServeHTTP(r, httptest.NewRequest("GET", "/", nil))
		if r.Code != http.StatusInternalServerError || !strings.Contains(r.Body.String(), `"code":"internal"`) || strings.Contains(r.Body.String(), "the cause") {
			t.Errorf("%s: %d %s", name, r.Code, r.Body)
		}
	}
	if got := logged.FilterLevelExact(zap.ErrorLevel).Len(); got != 2 {
		t.Errorf("%d errors are logged, want 2", got)
	}
}

func TestEventsAreLoggedOneALine(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	w := newWorld(t, Config{Log: zap.New(core)})
	c := w.join(3)
	file := w.file("f", 10)
	w.own(c, file)
	fields := logged.FilterMessage("own").All()[0].ContextMap()
	if fields["node"] != int64(3) || fields["torrent"] != file.InfoHash.String() || fields["name"] != "f" {
		t.Errorf("own is logged with %v", fields)
	}
	fields = logged.FilterMessage("register").All()[0].ContextMap()
	if fields["node"] != int64(3) || fields["addr"] != "192.0.2.1:4003" {
		t.Errorf("register is logged with %v", fields)
	}
	for _, entry := range logged.All() {
		for _, value := range entry.ContextMap() {
			if value == c.Secret {
				t.Errorf("%s logs a secret", entry.Message)
			}
		}
	}
}

func TestOwnersOnLoopbackAreTranslatedForOthers(t *testing.T) {
	const owner6, owner4, lan = "[::1]:4001", "127.0.0.1:4001", "192.0.2.7:4001"
	for _, test := range []struct{ owner, peer, local, want string }{
		{owner4, "127.0.0.1", "127.0.0.1", owner4},
		{owner4, "192.0.2.9", "192.0.2.1", "192.0.2.1:4001"},
		{owner6, "2001:db8::9", "2001:db8::1", "[2001:db8::1]:4001"},
		{lan, "192.0.2.9", "192.0.2.1", lan},
		{lan, "127.0.0.1", "127.0.0.1", lan},
	} {
		got := reachable(netip.MustParseAddrPort(test.owner), netip.MustParseAddr(test.peer), netip.MustParseAddr(test.local))
		if got.String() != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
	}
	if got := reachable(netip.MustParseAddrPort(owner4), netip.MustParseAddr("192.0.2.9"), netip.Addr{}); got.String() != owner4 {
		t.Errorf("with an unknown local address: got %v", got)
	}
}

// A node that comes over IPv4 to a socket that is open for both, and a peer elsewhere.
func TestAddressesAreThoseOfTheConnection(t *testing.T) {
	w := newWorld(t, Config{})
	send := func(from, to, path, body string) string {
		t.Helper()
		local, err := net.ResolveTCPAddr("tcp", to)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.RemoteAddr = from
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(local)))
		rec := httptest.NewRecorder()
		w.tracker.Handler().ServeHTTP(rec, r)
		return rec.Body.String()
	}
	send("[::ffff:127.0.0.1]:50000", "[::ffff:127.0.0.1]:12345", "/v1/register", `{"node_id":1,"port":4001}`)
	n := w.tracker.public.swarm.nodes[1]
	if n == nil || n.addr != netip.MustParseAddrPort("127.0.0.1:4001") {
		t.Fatalf("node 1 is %+v", n)
	}
	file := w.file("f", 10)
	w.own(api.Credentials{NodeID: 1, Secret: n.secret}, file)
	asker := w.join(2)
	need := `{"node_id":2,"secret":"` + asker.Secret + `","name":"f"}`
	if got := send("192.0.2.9:50000", "[::ffff:192.0.2.1]:12345", "/v1/need", need); !strings.Contains(got, `"addr":"192.0.2.1:4001"`) {
		t.Errorf("a peer elsewhere is told %s", got)
	}
	if got := send("127.0.0.1:50000", "127.0.0.1:12345", "/v1/need", need); !strings.Contains(got, `"addr":"127.0.0.1:4001"`) {
		t.Errorf("a peer here is told %s", got)
	}
}

func TestTwoTrackersCannotShareADatabaseOrAPort(t *testing.T) {
	w := newWorld(t, Config{Addr: "127.0.0.1:0"})
	_, err := Open(Config{DB: w.tracker.cfg.DB})
	if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), "-db") {
		t.Errorf("one database: %v", err)
	}
	_, err = Open(Config{DB: t.TempDir(), Addr: w.tracker.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "-addr") {
		t.Errorf("one port: %v", err)
	}
}

func TestConfigsThatCannotWorkAreRefused(t *testing.T) {
	for name, cfg := range map[string]Config{
		"a lease shorter than its renewal": {NodeInterval: 30e9},
		"no half-life":                     {HalfLife: 1},
		"negative owners":                  {MaxOwners: -1},
		"more owners than anyone may want": {MaxOwners: api.MaxWant + 1},
		"negative memory":                  {NodeMemory: -1},
	} {
		cfg.DB = t.TempDir()
		if tracker, err := Open(cfg); err == nil {
			tracker.Close()
			t.Errorf("%s: the tracker opens", name)
		}
	}
}

func TestAddressInUseIsNamedOnce(t *testing.T) {
	w := newWorld(t, Config{Addr: "127.0.0.1:0"})
	addr := w.tracker.Addr().String()
	_, err := Open(Config{Addr: addr, DB: t.TempDir()})
	if err == nil || strings.Count(err.Error(), addr) != 1 || !strings.Contains(err.Error(), "choose another address with -addr") {
		t.Errorf("%v", err)
	}
}
