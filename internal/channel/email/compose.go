package email

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-gomail/gomail"
	"golang.org/x/net/idna"

	"policypush/internal/channel"
)

// Errors of composing. Each is final for the mail.
var (
	errBadAddress = errors.New("not a usable mail address")
	errBadHeader  = errors.New("header value with a line break or NUL")
	errEmptyBody  = errors.New("mail without text")
)

// maxHeader is the longest header value taken, in octets.
const maxHeader = 2000

// Composer renders messages. It is what the outbox and the sender share, so
// that a mail in the outbox looks as the sent one would.
type Composer struct {
	// From is the address, and unless the message names another, the name
	// shown as the sender.
	From mail.Address
	// ReplyTo is where answers of people go; empty leaves them to From.
	ReplyTo string
	// Domain stands behind the @ of the Message-ID. Empty takes From's.
	Domain string
}

// Compose renders a message as octets with CRLF line ends. The Message-ID
// depends on nothing but the Ref: a second try is the same mail.
//
// gomail makes the MIME parts, see frameOf. The headers are written here, in a fixed order,
// for gomail writes addresses raw (a line break in one is a header of the
// attacker's choice), folds long Chinese subjects wrongly and gives no
// Message-ID.
func (c Composer) Compose(m channel.Message, now time.Time) ([]byte, error) {
	var b bytes.Buffer
	err := c.write(&b, m, now)
	return b.Bytes(), err
}

// write appends a message to b. What b holds after an error is of no use.
func (c Composer) write(b *bytes.Buffer, m channel.Message, now time.Time) error {
	if !channel.ValidRef(m.Ref) {
		return fmt.Errorf("%w: reference", errBadHeader)
	}
	for _, v := range []string{m.To, m.Subject, m.FromName, m.Unsubscribe, m.UnsubscribeMail, c.From.Name, c.ReplyTo, c.Domain} {
		if strings.ContainsAny(v, "\r\n\x00") || len(v) > maxHeader {
			return errBadHeader
		}
	}
	if strings.TrimSpace(m.Text) == "" {
		return errEmptyBody
	}
	from, err := Address(c.From.Address)
	if err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	to, err := Address(m.To)
	if err != nil {
		return err
	}
	name := m.FromName
	if name == "" {
		name = c.From.Name
	}
	domain := c.Domain
	if domain == "" {
		domain = from[strings.LastIndexByte(from, '@')+1:]
	}
	b.Grow(2048 + 2*(len(m.Text)+len(m.HTML)))
	header := func(field, value string) {
		b.WriteString(field)
		b.WriteString(": ")
		b.WriteString(value)
		b.WriteString("\r\n")
	}
	header("From", formatAddress(name, from))
	header("To", to)
	if c.ReplyTo != "" {
		replyTo, err := Address(c.ReplyTo)
		if err != nil {
			return fmt.Errorf("reply address: %w", err)
		}
		header("Reply-To", replyTo)
	}
	header("Subject", encodeWords(m.Subject, len("Subject: ")))
	header("Date", now.Format(time.RFC1123Z))
	header("Message-ID", "<"+m.Ref+"@"+domain+">")
	if m.Unsubscribe != "" {
		list, err := listUnsubscribe(m)
		if err != nil {
			return err
		}
		header("List-Unsubscribe", list)
		header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
		header("Precedence", "bulk")
	}
	header("Auto-Submitted", "auto-generated")

	text := strings.ReplaceAll(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n", "\r\n")
	frame := textFrame()
	if m.HTML != "" {
		frame = htmlFrame()
	}
	b.WriteString(frame[0])
	writeBase64(b, text)
	b.WriteString(frame[1])
	if m.HTML != "" {
		writeBase64(b, m.HTML)
		b.WriteString(frame[2])
	}
	return nil
}

// What gomail makes around the parts of a mail is the same for every mail: the
// MIME headers, the boundary, which base64 never holds, and what ends it. It is
// made once, of which text and HTML are cut out.
var (
	textFrame = sync.OnceValue(func() []string { return frameOf("") })
	htmlFrame = sync.OnceValue(func() []string { return frameOf("<p>html</p>") })
)

// frameOf composes a mail and returns what stands before, between and after its
// parts. The Date that gomail always adds is left out: ours comes from the
// caller's clock.
func frameOf(html string) []string {
	const text = "text"
	body := gomail.NewMessage(gomail.SetEncoding(gomail.Base64))
	body.SetBody("text/plain", text)
	if html != "" {
		body.AddAlternative("text/html", html)
	}
	var whole strings.Builder
	_, _ = body.WriteTo(&whole) // into memory
	head, rest, _ := strings.Cut(whole.String(), "\r\n\r\n")
	var b strings.Builder
	for line := range strings.SplitSeq(head, "\r\n") {
		if !strings.HasPrefix(line, "Date:") {
			b.WriteString(line + "\r\n")
		}
	}
	before, after, _ := strings.Cut(b.String()+"\r\n"+rest, base64.StdEncoding.EncodeToString([]byte(text)))
	if html == "" {
		return []string{before, after}
	}
	between, end, _ := strings.Cut(after, base64.StdEncoding.EncodeToString([]byte(html)))
	return []string{before, between, end}
}

// bodyLine is how many octets make a line of base64, of 76 letters.
const bodyLine = 57

// writeBase64 appends a part in lines, of which the last has no end.
func writeBase64(b *bytes.Buffer, part string) {
	b.Grow(len(part)/bodyLine*78 + 78)
	var line [bodyLine]byte
	for {
		n := copy(line[:], part)
		b.Write(base64.StdEncoding.AppendEncode(b.AvailableBuffer(), line[:n]))
		if part = part[n:]; part == "" {
			return
		}
		b.WriteString("\r\n")
	}
}

// listUnsubscribe returns the value of RFC 2369 with one or two addresses.
func listUnsubscribe(m channel.Message) (string, error) {
	u, err := url.Parse(m.Unsubscribe)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.ContainsAny(m.Unsubscribe, "<> ,") {
		return "", fmt.Errorf("%w: unsubscribe address", errBadHeader)
	}
	if m.UnsubscribeMail == "" {
		return "<" + m.Unsubscribe + ">", nil
	}
	address, query, _ := strings.Cut(m.UnsubscribeMail, "?")
	if _, err := Address(address); err != nil || strings.ContainsAny(query, "<> ,") {
		return "", fmt.Errorf("%w: unsubscribe mail", errBadHeader)
	}
	return "<" + m.Unsubscribe + ">,\r\n <mailto:" + m.UnsubscribeMail + ">", nil
}

// Address checks one bare mail address and returns it fit for SMTP: the domain
// in ASCII (IDNA), the local part ASCII, at most 64 and 254 octets.
func Address(s string) (string, error) {
	if strings.ContainsAny(s, "\r\n\x00<>") || len(s) > 254 {
		return "", errBadAddress
	}
	if ordinary(s) {
		return s, nil
	}
	a, err := mail.ParseAddress("<" + s + ">")
	if err != nil || a.Address != s {
		return "", errBadAddress
	}
	at := strings.LastIndexByte(s, '@')
	local, host := s[:at], s[at+1:]
	for i := range len(local) {
		if local[i] <= ' ' || local[i] > '~' || local[i] == '"' || local[i] == '\\' {
			return "", errBadAddress
		}
	}
	host, err = idna.Lookup.ToASCII(host)
	if err != nil || host == "" || len(local) > 64 || len(host)+len(local)+1 > 254 || strings.ContainsAny(host, "[]:") {
		return "", errBadAddress
	}
	return local + "@" + host, nil
}

// ordinary tells of an address whether it is what nearly all are: letters,
// digits and single dots, which need no closer look.
func ordinary(s string) bool {
	local, host, two := strings.Cut(s, "@")
	return two && len(local) <= 64 && words(local) && words(host) && strings.ToLower(host) == host
}

// words tells whether s is made of letters and digits, in parts of at most 63
// with a dot between them.
func words(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || len(part) > 63 {
			return false
		}
		for i := range len(part) {
			c := part[i]
			if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return false
			}
		}
	}
	return true
}

func formatAddress(name, address string) string {
	if name == "" {
		return address
	}
	return encodeWords(name, len("From: ")) + "\r\n <" + address + ">"
}

// maxWord bounds an encoded word so that no line passes 76 octets (RFC 2047).
const maxWord = 75

// encodeWords writes a value as base64 words of RFC 2047, one a line, none
// splitting a character. A short value of plain letters stays readable. The
// first line already holds used octets.
func encodeWords(s string, used int) string {
	if plain(s) && used+len(s) <= 76 {
		return s
	}
	const open, end = "=?UTF-8?b?", "?="
	var b strings.Builder
	var chunk []byte
	flush := func() { b.WriteString(open + base64.StdEncoding.EncodeToString(chunk) + end) }
	for _, r := range s {
		c := string(r)
		if len(chunk)+len(c) > (maxWord-len(open)-len(end)-used)/4*3 {
			flush()
			b.WriteString("\r\n ")
			chunk, used = chunk[:0], 1
		}
		chunk = append(chunk, c...)
	}
	flush()
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != ' ' && c != '-' {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}
