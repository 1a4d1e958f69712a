package email

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// dialogue speaks SMTP (RFC 5321) as a client. Where the relay takes commands
// in one go (PIPELINING, RFC 2920), MAIL, RCPT and DATA leave together, and with
// the text of the mail before (section 3.1): a mail then costs one turn of the
// line instead of four.
type dialogue struct {
	conn    net.Conn
	from    *answers
	text    *textproto.Reader
	ext     map[string]string // what the relay offers, with its parameters
	command time.Duration     // for the answer to a command
	dot     time.Duration     // for the answer to the final dot
	out     []byte            // what is being written
	ahead   bool              // the next mail has begun, and its answers are not heard yet
}

// maxAnswer is the longest answer taken.
const maxAnswer = 64 << 10

// greet begins a dialogue on a new connection and says who we are.
func greet(conn net.Conn, hello string, command, dot time.Duration) (*dialogue, error) {
	d := &dialogue{command: command, dot: dot}
	d.over(conn)
	if _, err := d.answer(220, command); err != nil {
		return nil, err
	}
	return d, d.hello(hello)
}

// over lets the dialogue go on over a connection.
func (d *dialogue) over(conn net.Conn) {
	d.conn, d.from = conn, &answers{conn: conn}
	d.text = textproto.NewReader(bufio.NewReader(d.from))
}

// answers bounds what a relay may say before the next command.
type answers struct {
	conn net.Conn
	left int
}

var errLongAnswer = errors.New("relay says too much")

// Read implements io.Reader.
func (a *answers) Read(p []byte) (int, error) {
	if len(p) > a.left {
		p = p[:a.left]
	}
	if len(p) == 0 {
		return 0, errLongAnswer
	}
	return a.conn.Read(p)
}

// hello says who we are and hears what the relay offers.
func (d *dialogue) hello(name string) error {
	said, err := d.ask(250, "EHLO "+name)
	if refused, ok := errors.AsType[*smtp.SMTPError](err); ok && (refused.Code == 500 || refused.Code == 502) {
		_, err = d.ask(250, "HELO "+name)
		return err
	}
	d.ext = map[string]string{}
	for i, line := range strings.Split(said, "\n") {
		if i > 0 {
			word, rest, _ := strings.Cut(line, " ")
			d.ext[strings.ToUpper(word)] = rest
		}
	}
	return err
}

func (d *dialogue) offers(word string) bool {
	_, is := d.ext[word]
	return is
}

// protect changes to TLS and says again who we are: what was offered in the
// clear does not count.
func (d *dialogue) protect(cfg *tls.Config, hello string) error {
	if !d.offers("STARTTLS") {
		return errNoSTARTTLS
	}
	if _, err := d.ask(220, "STARTTLS"); err != nil {
		return err
	}
	d.over(tls.Client(d.conn, cfg))
	return d.hello(hello)
}

// signIn never runs on an open line: New refuses a password without TLS to any
// host but loopback, and open has insisted on TLS otherwise.
func (d *dialogue) signIn(username, password string) error {
	var as sasl.Client
	switch offered := strings.Fields(d.ext["AUTH"]); {
	case mentions(offered, sasl.Plain):
		as = sasl.NewPlainClient("", username, password)
	case mentions(offered, sasl.Login):
		as = sasl.NewLoginClient(username, password)
	default:
		return errNoAuth
	}
	mechanism, first, err := as.Start()
	if err != nil {
		return err
	}
	line := "AUTH " + mechanism
	if first != nil {
		line += " " + base64.StdEncoding.EncodeToString(first)
	}
	for {
		if err := d.write([]byte(line + "\r\n")); err != nil {
			return err
		}
		code, said, err := d.hear(d.command)
		switch {
		case err != nil:
			return err
		case code == 235:
			return nil
		case code != 334:
			return refusal(code, said)
		}
		challenge, err := base64.StdEncoding.DecodeString(said)
		if err != nil {
			return fmt.Errorf("challenge of the relay: %w", err)
		}
		next, err := as.Next(challenge)
		if err != nil {
			return err
		}
		line = base64.StdEncoding.EncodeToString(next)
	}
}

func mentions(words []string, word string) bool {
	for _, w := range words {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// A mail begins with three commands, each with the answer that is wanted.
var steps = []struct {
	at   stage
	want int
}{{sender, 250}, {recipient, 25}, {data, 354}}

// commands are those with which a mail begins. The addresses are fit for a
// command, see Address.
func (d *dialogue) commands(m *draft) []string {
	mail, rcpt := "MAIL FROM:<"+m.from+">", "RCPT TO:<"+m.to+">"
	if d.offers("8BITMIME") {
		mail += " BODY=8BITMIME"
	}
	if d.offers("SIZE") {
		mail += " SIZE=" + strconv.Itoa(len(m.raw))
	}
	if d.offers("DSN") { // a reference is letters, digits, '-' and '_'
		mail += " RET=HDRS ENVID=" + m.ref
		rcpt += " NOTIFY=FAILURE,DELAY"
	}
	return []string{mail, rcpt, "DATA"}
}

// begin opens the transaction of one mail, up to the leave to send its text,
// unless its commands have left with the text of the mail before.
func (d *dialogue) begin(m *draft) *failure {
	switch {
	case d.ahead:
		d.ahead = false
	case d.offers("PIPELINING"):
		d.out = appendLines(d.out[:0], d.commands(m))
		if err := d.write(d.out); err != nil {
			return &failure{sender, err}
		}
	default:
		for i, line := range d.commands(m) {
			if _, err := d.ask(steps[i].want, line); err != nil {
				return &failure{steps[i].at, err}
			}
		}
		return nil
	}
	var first *failure
	var err error
	for _, s := range steps {
		if _, err = d.answer(s.want, d.command); err != nil && first == nil {
			first = &failure{s.at, err}
		}
		if _, answered := errors.AsType[*smtp.SMTPError](err); err != nil && !answered {
			return first // nothing more will be heard
		}
	}
	if first != nil && err == nil {
		// The relay would take a text for nobody. It gets an empty one, and what it
		// says to that is no news.
		if d.write([]byte(".\r\n")) == nil {
			_, _ = d.answer(250, d.dot)
		}
	}
	return first
}

func appendLines(b []byte, lines []string) []byte {
	for _, line := range lines {
		b = append(append(b, line...), "\r\n"...)
	}
	return b
}

// send sends the octets of a mail and its final dot, and the commands of the
// next, if there is one, in the same go (RFC 2920 section 3.1). Dot is called
// when the dot may be out, from when on only the relay's answer tells.
func (d *dialogue) send(raw []byte, next *draft, dot func()) (answer string, f *failure) {
	d.out = d.out[:0]
	for rest := raw; ; {
		i := bytes.Index(rest, []byte("\n."))
		if i < 0 {
			d.out = append(d.out, rest...)
			break
		}
		d.out = append(append(d.out, rest[:i+2]...), '.')
		rest = rest[i+2:]
	}
	if !bytes.HasSuffix(d.out, []byte("\r\n")) {
		d.out = append(d.out, "\r\n"...)
	}
	if len(d.out) > oneWrite {
		if err := d.write(d.out); err != nil {
			return "", &failure{data, err}
		}
		d.out = d.out[:0]
	}
	d.out = append(d.out, ".\r\n"...)
	if next != nil && d.offers("PIPELINING") {
		d.out, d.ahead = appendLines(d.out, d.commands(next)), true
	}
	dot()
	if err := d.write(d.out); err != nil {
		return "", &failure{dotted, err}
	}
	answer, err := d.answer(250, d.dot)
	if err != nil {
		return "", &failure{dotted, err}
	}
	return answer, nil
}

// oneWrite is how long a mail may be that leaves together with its final dot.
const oneWrite = 32 << 10

// ask sends one command and returns the answer.
func (d *dialogue) ask(want int, line string) (string, error) {
	if err := d.write([]byte(line + "\r\n")); err != nil {
		return "", err
	}
	return d.answer(want, d.command)
}

func (d *dialogue) write(b []byte) error {
	_, err := d.conn.Write(b)
	return err
}

// answer hears one answer and makes an error of another than is wanted: 250, or
// 25 for any that begins with it.
func (d *dialogue) answer(want int, within time.Duration) (string, error) {
	code, said, err := d.hear(within)
	if err != nil {
		return "", err
	}
	if code != want && code/10 != want {
		return "", refusal(code, said)
	}
	return said, nil
}

func (d *dialogue) hear(within time.Duration) (code int, said string, err error) {
	if err := d.conn.SetDeadline(time.Now().Add(within)); err != nil {
		return 0, "", err
	}
	d.from.left = maxAnswer
	return d.text.ReadResponse(0)
}

// refusal makes an error of an answer.
func refusal(code int, said string) error {
	e := &smtp.SMTPError{Code: code, Message: said}
	word, rest, _ := strings.Cut(said, " ")
	if enhanced, ok := statusCode(word); ok {
		e.EnhancedCode = enhanced
		// The lines of one answer begin with the same code.
		e.Message = strings.ReplaceAll(rest, "\n"+word+" ", "\n")
	}
	return e
}
