"""One libtorrent peer.

seed   ADDR:PORT TORRENT FOLDER tcp|utp                serves until it is ended
fetch  ADDR:PORT TORRENT FOLDER tcp|utp ADDR:PORT ...  fetches from those peers

It prints "ready", and a fetch then waits for a line on standard input. At its end a fetch
prints its seconds as a line of JSON: from adding the torrent until every piece is verified.
What it still holds in memory then is written after that.
"""
import json
import os
import sys
import time

import libtorrent as lt


def session(listen, transport):
    settings = {
        'listen_interfaces': listen,
        'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'allow_multiple_connections_per_ip': True,
        'hashing_threads': os.cpu_count(),
        # No encryption: it would cost time that others do not spend.
        'out_enc_policy': int(lt.enc_policy.pe_disabled), 'in_enc_policy': int(lt.enc_policy.pe_disabled),
        'enable_outgoing_tcp': transport == 'tcp', 'enable_incoming_tcp': transport == 'tcp',
        'enable_outgoing_utp': transport == 'utp', 'enable_incoming_utp': transport == 'utp',
        'alert_mask': int(lt.alert.category_t.storage_notification),
    }
    return lt.session(settings)


def parameters(torrent, folder):
    p = lt.add_torrent_params()
    p.ti = lt.torrent_info(torrent)
    p.save_path = folder
    p.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    return p


def flush(ses, handle):
    """Waits until what was verified in memory is in the file."""
    handle.flush_cache()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        ses.wait_for_alert(100)
        if any(isinstance(a, lt.cache_flushed_alert) for a in ses.pop_alerts()):
            return


def main(role, listen, torrent, folder, transport, *peers):
    ses = session(listen, transport)
    params = parameters(torrent, folder)
    if role == 'seed':
        params.flags |= lt.torrent_flags.seed_mode
        ses.add_torrent(params)
        print('ready', flush=True)
        sys.stdin.read()
        return
    print('ready', flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    handle = ses.add_torrent(params)
    for peer in peers:
        addr, port = peer.rsplit(':', 1)
        handle.connect_peer((addr, int(port)))
    while not handle.status().is_seeding:
        time.sleep(0.005)
    seconds = time.monotonic() - began
    flush(ses, handle)
    print(json.dumps({'seconds': seconds}), flush=True)
    os._exit(0)  # closing the session takes seconds, which are nobody's concern


main(*sys.argv[1:])
