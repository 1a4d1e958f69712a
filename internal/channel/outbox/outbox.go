// Package outbox writes down what a channel would have sent, for channels that
// are set to log: nobody is reached. A line for each message goes into a file
// a day; the first thousand of the day are also written as files of their own
// (.eml, .txt), which open in a mail program or an editor. Addresses are
// masked everywhere, also in the names of the files.
package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/email"
	"policypush/internal/domain"
)

// GatewayRef is the reference in the result of every message written down.
const GatewayRef = "log"

// maxFiles is how many messages of one day get a file of their own. A push of
// twenty thousand shall not fill the disk with twenty thousand of them.
const maxFiles = 1000

// officeTime is the time zone of the days.
var officeTime = time.FixedZone("CST", 8*60*60)

// Sender is a channel.Sender that writes to a folder.
type Sender struct {
	dir     string
	kind    domain.ChannelKind
	compose email.Composer
	now     func() time.Time

	mu    sync.Mutex
	day   string
	files int // written today
}

// New returns a sender that writes below dir, in a folder named for the
// channel. Mails look as the composer makes them.
func New(dir string, kind domain.ChannelKind, compose email.Composer, now func() time.Time) (*Sender, error) {
	dir = filepath.Join(dir, string(kind))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make outbox: %w", err)
	}
	return &Sender{dir: dir, kind: kind, compose: compose, now: now}, nil
}

// line is one message in the file of the day.
type line struct {
	At          string             `json:"at"`
	Ref         string             `json:"ref"`
	Channel     domain.ChannelKind `json:"channel"`
	To          string             `json:"to"` // masked
	Subject     string             `json:"subject,omitempty"`
	Text        string             `json:"text"`
	Unsubscribe string             `json:"unsubscribe,omitempty"`
}

// Send implements channel.Sender. A message that could not be written, for
// want of space perhaps, comes back as Retry.
func (s *Sender) Send(_ context.Context, ms []channel.Message) []channel.Result {
	results := make([]channel.Result, len(ms))
	err := s.write(ms)
	for i, m := range ms {
		results[i] = channel.Result{Ref: m.Ref, Class: channel.Accepted, Gateway: GatewayRef, GatewayRef: GatewayRef}
		if err != nil {
			results[i] = channel.Result{Ref: m.Ref, Class: channel.Retry, Code: "outbox", Note: channel.Note(err.Error())}
		}
	}
	return results
}

func (s *Sender) write(ms []channel.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().In(officeTime)
	if err := s.turnTo(now.Format(time.DateOnly)); err != nil {
		return err
	}
	var lines []byte
	for _, m := range ms {
		if !channel.ValidRef(m.Ref) {
			return fmt.Errorf("bad reference %q", m.Ref)
		}
		m.To = domain.Contact{Kind: s.kind, Address: m.To}.Masked()
		b, err := json.Marshal(line{
			At: now.Format(time.RFC3339), Ref: m.Ref, Channel: s.kind, To: m.To,
			Subject: m.Subject, Text: m.Text, Unsubscribe: m.Unsubscribe,
		})
		if err != nil {
			return err
		}
		lines = append(append(lines, b...), '\n')
		if s.files < maxFiles {
			if err := s.writeFile(m, now); err != nil {
				return err
			}
			s.files++
		}
	}
	f, err := os.OpenFile(filepath.Join(s.dir, s.day+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(lines); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// turnTo begins a day: its folder, and how many files are in it already.
func (s *Sender) turnTo(day string) error {
	if s.day == day {
		return nil
	}
	dir := filepath.Join(s.dir, day)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	have, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	s.day, s.files = day, len(have)
	return nil
}

// writeFile writes a message whose address is masked already.
func (s *Sender) writeFile(m channel.Message, now time.Time) error {
	name := m.Ref + "-" + fileName(m.To)
	if s.kind != domain.Email {
		return os.WriteFile(filepath.Join(s.dir, s.day, name+".txt"), []byte(m.Text+"\n"), 0o600)
	}
	if _, err := email.Address(m.To); err != nil {
		m.To = "masked@invalid.example" // what was masked need not be an address
	}
	raw, err := s.compose.Compose(m, now)
	if err != nil {
		return fmt.Errorf("compose %s: %w", m.Ref, err)
	}
	return os.WriteFile(filepath.Join(s.dir, s.day, name+".eml"), raw, 0o600)
}

// fileName keeps what every file system takes.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '@' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, s)
}

// Statement implements channel.Accountant: what stands in the files of the
// days.
func (s *Sender) Statement(ctx context.Context, from, to time.Time) ([]channel.Tally, error) {
	n := 0
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		lines, err := countLines(filepath.Join(s.dir, day.In(officeTime).Format(time.DateOnly)+".jsonl"))
		if err != nil {
			return nil, err
		}
		n += lines
	}
	return []channel.Tally{{Gateway: GatewayRef, Accepted: n}}, nil
}

func countLines(path string) (n int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffer := make([]byte, 64<<10)
	for {
		k, err := f.Read(buffer)
		n += bytes.Count(buffer[:k], []byte{'\n'})
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// Close implements channel.Sender.
func (s *Sender) Close() error { return nil }
