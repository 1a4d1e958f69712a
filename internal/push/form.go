package push

import (
	"html"
	"strings"
)

// UnsubscribeHere takes the place of [Links].Unsubscribe in a message that is
// composed once for many readers, see [Message.WithUnsubscribe].
const UnsubscribeHere = "https://unsubscribe.invalid/here"

// WithUnsubscribe returns the message with the address for one reader in place
// of UnsubscribeHere, as it would have been composed for that reader. The
// address is a URL as package net/url writes it.
func (m Message) WithUnsubscribe(address string) Message {
	m.Text = strings.ReplaceAll(m.Text, UnsubscribeHere, address)
	m.HTML = strings.ReplaceAll(m.HTML, UnsubscribeHere, html.EscapeString(address))
	return m
}
