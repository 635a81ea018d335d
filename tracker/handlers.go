package tracker

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/gorilla/mux"
	"go.uber.org/zap"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

const (
	// smallBody is the size up to which a body is read at once. Larger ones are
	// torrents, of which maxLargeBodies at a time are held in memory, and
	// maxLargeBodiesOfIP from one client.
	smallBody          = 256 << 10
	maxLargeBodies     = 16
	maxLargeBodiesOfIP = 4
)

// register answers POST /v1/register.
func (t *Tracker) register(r *http.Request) (any, error) {
	var m api.RegisterRequest
	if err := api.Decode(r.Body, api.MaxBody, &m); err != nil {
		return nil, err
	}
	ip, err := peerIP(r)
	if err != nil {
		return nil, err
	}
	var answer api.RegisterAnswer
	err = t.keeper.do(func(l *ledger, now time.Time) (events []event, err error) {
		answer, events, err = l.register(&m, ip, now)
		return events, err
	})
	if err != nil {
		return nil, err
	}
	level := zap.InfoLevel
	if answer.Known {
		level = zap.DebugLevel // a renewal
	}
	t.log.Log(level, "register", zap.Int("node", m.NodeID), zap.Stringer("addr", netip.AddrPortFrom(ip, uint16(m.Port))), zap.Bool("known", answer.Known))
	return answer, nil
}

// own answers POST /v1/own.
func (t *Tracker) own(r *http.Request) (any, error) {
	if r.ContentLength < 0 || r.ContentLength > smallBody {
		ip, err := peerIP(r)
		if err != nil {
			return nil, err
		}
		free, err := t.large.take(r.Context(), ip)
		if err != nil {
			return nil, err
		}
		defer free()
	}
	var m api.OwnRequest
	if err := api.Decode(r.Body, api.MaxOwnBody, &m); err != nil {
		return nil, err
	}
	if m.Withdraw {
		return t.withdraw(&m)
	}
	if len(m.Torrent) == 0 {
		return t.ownListed(&m)
	}
	file, err := torrent.Parse(m.Torrent)
	if err != nil {
		return nil, api.Errorf(api.BadTorrent, "%v", err)
	}
	if err := t.publish(&m, file); err != nil {
		return nil, err
	}
	t.log.Info("own", zap.Int("node", m.NodeID), zap.Stringer("torrent", file.InfoHash), zap.String("name", file.Name), zap.Bool("complete", m.Complete))
	return api.Empty{}, nil
}

// ownListed makes a node an owner of a torrent that the tracker has.
func (t *Tracker) ownListed(m *api.OwnRequest) (any, error) {
	err := t.keeper.do(func(l *ledger, now time.Time) ([]event, error) {
		return l.ownListed(m.Credentials, m.InfoHash, m.Complete, now)
	})
	if err != nil {
		return nil, err
	}
	t.log.Info("own", zap.Int("node", m.NodeID), zap.Stringer("torrent", m.InfoHash), zap.Bool("complete", m.Complete))
	return api.Empty{}, nil
}

func (t *Tracker) withdraw(m *api.OwnRequest) (any, error) {
	err := t.keeper.do(func(l *ledger, now time.Time) ([]event, error) {
		return l.withdraw(m.Credentials, m.InfoHash, now)
	})
	if err != nil {
		return nil, err
	}
	t.log.Info("withdraw", zap.Int("node", m.NodeID), zap.Stringer("torrent", m.InfoHash))
	return api.Empty{}, nil
}

// need answers POST /v1/need.
func (t *Tracker) need(r *http.Request) (any, error) {
	var m api.NeedRequest
	if err := api.Decode(r.Body, api.MaxBody, &m); err != nil {
		return nil, err
	}
	peer, err := peerIP(r)
	if err != nil {
		return nil, err
	}
	infoHash, owners, err := t.owners(&m)
	if err != nil {
		return nil, err
	}
	answer := api.NeedAnswer{InfoHash: infoHash, Owners: make([]api.Owner, 0, len(owners))}
	local := localIP(r)
	for _, o := range owners {
		answer.Owners = append(answer.Owners, api.Owner{
			NodeID: o.id, Addr: reachable(o.addr, peer, local).String(), Complete: o.complete, Frequency: o.frequency,
		})
	}
	var body any = answer
	if m.WantTorrent {
		if body, err = t.withTorrent(answer); err != nil {
			return nil, err
		}
	}
	t.log.Info("need", zap.Int("node", m.NodeID), zap.Stringer("torrent", infoHash), zap.Int("owners", len(owners)))
	return body, nil
}

// withTorrent returns answer as a body that has its torrent.
func (t *Tracker) withTorrent(answer api.NeedAnswer) (any, error) {
	file, err := t.openTorrent(answer.InfoHash)
	if err != nil {
		return nil, err
	}
	body, err := newNeedBody(file, answer)
	if err != nil {
		file.Close()
		return nil, err
	}
	return body, nil
}

// owners looks up what a NEED asks for.
func (t *Tracker) owners(m *api.NeedRequest) (torrent.Hash, []candidate, error) {
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	want := m.Want
	if want == 0 {
		want = t.cfg.MaxOwners
	}
	t.public.mu.RLock()
	defer t.public.mu.RUnlock()
	asker, err := t.public.swarm.authorize(m.Credentials)
	if err != nil {
		return torrent.Hash{}, nil, err
	}
	p, err := t.public.swarm.find(m.InfoHash, m.Name)
	if err != nil {
		return torrent.Hash{}, nil, err
	}
	return p.InfoHash, t.public.swarm.need(p, asker, want, time.Now(), random), nil
}

// update answers POST /v1/update.
func (t *Tracker) update(r *http.Request) (any, error) {
	var m api.UpdateRequest
	if err := api.Decode(r.Body, api.MaxBody, &m); err != nil {
		return nil, err
	}
	receipt, err := api.ParseReceipt(m.Receipt)
	if err != nil {
		return nil, api.Errorf(api.BadReceipt, "%v", err)
	}
	err = t.keeper.do(func(l *ledger, now time.Time) ([]event, error) {
		return l.update(m.Credentials, receipt, now)
	})
	if err != nil {
		return nil, err
	}
	t.log.Info("update", zap.Int("node", m.NodeID), zap.Stringer("torrent", receipt.InfoHash),
		zap.Int("downloader", receipt.Downloader), zap.Int64("bytes", receipt.Bytes))
	return api.Empty{}, nil
}

// exit answers POST /v1/exit.
func (t *Tracker) exit(r *http.Request) (any, error) {
	var m api.ExitRequest
	if err := api.Decode(r.Body, api.MaxBody, &m); err != nil {
		return nil, err
	}
	err := t.keeper.do(func(l *ledger, now time.Time) ([]event, error) { return l.exit(m.Credentials, now) })
	if err != nil {
		return nil, err
	}
	t.log.Info("exit", zap.Int("node", m.NodeID))
	return api.Empty{}, nil
}

// list answers GET /v1/torrents?after=&limit=.
func (t *Tracker) list(r *http.Request) (any, error) {
	query := r.URL.Query()
	limit := api.MaxPage
	if s := query.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return nil, api.Errorf(api.BadRequest, "limit is %q and must be a number from 1", s)
		}
		limit = min(n, api.MaxPage)
	}
	t.public.mu.RLock()
	defer t.public.mu.RUnlock()
	return t.public.swarm.page(query.Get("after"), limit)
}

// torrent answers GET /v1/torrents/{info_hash}.
func (t *Tracker) torrent(r *http.Request) (any, error) {
	infoHash, err := torrent.ParseHash(mux.Vars(r)["info_hash"])
	if err != nil {
		return nil, api.Errorf(api.BadRequest, "%v", err)
	}
	t.public.mu.RLock()
	p, err := t.public.swarm.find(infoHash, "")
	t.public.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	file, err := t.openTorrent(p.InfoHash)
	return torrentFile{file}, err
}

// openTorrent opens the .torrent file of a torrent that is listed, or was a moment ago.
func (t *Tracker) openTorrent(infoHash torrent.Hash) (*os.File, error) {
	file, err := t.store.OpenTorrent(infoHash.String())
	if errors.Is(err, fs.ErrNotExist) {
		err = api.Errorf(api.UnknownTorrent, "the tracker has no .torrent file of %v: have a node send it again", infoHash)
	}
	return file, err
}

// health answers GET /v1/health.
func (t *Tracker) health(*http.Request) (any, error) { return api.Empty{}, nil }
