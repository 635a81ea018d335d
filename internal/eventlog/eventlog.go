// Package eventlog opens the log file of a node or of the tracker: one event a
// line, to be read by people.
//
//	2026-01-02T15:04:05.123 info  registered  node=3 peer=127.0.0.1:40112
//	time                    level event       key=value ...
//
// A value with spaces, quotes or control characters stands in double quotes, as
// in Go. Files are rotated by size. Nothing goes to the terminal.
package eventlog

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"gopkg.in/natefinch/lumberjack.v2"
)

// Config says how much is logged and kept.
type Config struct {
	Level    zapcore.Level // events below it are dropped; the zero value is info
	MaxSize  int64         // bytes after which a new file begins, in whole MiB; 0 means 10 MiB
	MaxFiles int           // full files that are kept beside the current one; 0 means 3
}

const mebibyte = 1 << 20

// Open returns a logger that appends to folder/name.log and creates the folder
// if there is none. Closing is the caller's, after the last event.
func Open(folder, name string, c Config) (*zap.Logger, io.Closer, error) {
	path := filepath.Join(folder, name+".log")
	if err := touch(path); err != nil {
		return nil, nil, fmt.Errorf("cannot write the log: %w (choose another folder with -logs)", err)
	}
	file := &lumberjack.Logger{Filename: path, MaxSize: 10, MaxBackups: 3, LocalTime: true}
	if c.MaxSize > 0 {
		file.MaxSize = int(max(1, c.MaxSize/mebibyte))
	}
	if c.MaxFiles > 0 {
		file.MaxBackups = c.MaxFiles
	}
	log := zap.New(newCore(file, c.Level), zap.ErrorOutput(zapcore.AddSync(io.Discard)))
	return log, file, nil
}

// touch proves that path can be appended to, so that the person who starts the
// program learns it at once and not from a log that stays empty.
func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// Node is the field of a node id.
func Node(id int) zap.Field { return zap.Int("node", id) }

// Torrent is the field of an info-hash.
func Torrent(infoHash [20]byte) zap.Field {
	return zap.String("torrent", hex.EncodeToString(infoHash[:]))
}

// Peer is the field of another node's UDP address, or of an HTTP client's.
func Peer(addr netip.AddrPort) zap.Field { return zap.Stringer("peer", addr) }
