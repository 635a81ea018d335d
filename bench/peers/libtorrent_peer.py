"""One libtorrent peer.

    ROLE ADDR:PORT TORRENT FOLDER tcp|utp

ROLE is seed, which serves until it is ended; fetch, which waits for a line on standard
input that names the peers to connect to, fetches, and then serves as well; or ride, a
fetch that uploads nothing.

It prints lines of JSON: ready; of a seed how much it has uploaded; of a fetch how far it
is, and at the end the seconds from adding the torrent until every piece is verified. What
it still holds in memory then is written before that is told.
"""
import json
import os
import sys
import threading
import time

import libtorrent as lt


def say(event, **fields):
    print(json.dumps({'event': event, 'command': 'download', **fields}), flush=True)


def session(listen, role, transport):
    settings = {
        'listen_interfaces': listen,
        'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'allow_multiple_connections_per_ip': True,
        # All connect to all within moments, and all are served.
        'connection_speed': 100, 'min_reconnect_time': 1,
        'unchoke_slots_limit': 0 if role == 'ride' else 20,
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


def leave_with_input():
    """Ends the program when standard input does; closing the session takes seconds."""
    sys.stdin.read()
    os._exit(0)


def seed(ses, params):
    params.flags |= lt.torrent_flags.seed_mode
    handle = ses.add_torrent(params)
    threading.Thread(target=leave_with_input, daemon=True).start()
    say('ready')
    while True:
        time.sleep(0.2)
        say('uploaded', uploaded=handle.status().total_payload_upload)


def fetch(ses, params):
    say('ready')
    peers = sys.stdin.readline().split()
    threading.Thread(target=leave_with_input, daemon=True).start()
    began = told = time.monotonic()
    handle = ses.add_torrent(params)
    for peer in peers:
        addr, port = peer.rsplit(':', 1)
        handle.connect_peer((addr, int(port)))
    length = params.ti.total_size()
    while not (status := handle.status()).is_seeding:
        if time.monotonic() - told > 0.2:
            told = time.monotonic()
            say('progress', phase='downloading', bytes=status.num_pieces * params.ti.piece_length(),
                owners=[{'bytes': status.total_payload_download}])
        time.sleep(0.01)
    seconds = time.monotonic() - began
    flush(ses, handle)
    say('done', bytes=length, seconds=seconds)
    threading.Event().wait()


def main(role, listen, torrent, folder, transport):
    ses = session(listen, role, transport)
    (seed if role == 'seed' else fetch)(ses, parameters(torrent, folder))


main(*sys.argv[1:])
