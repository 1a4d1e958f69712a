package sms

import (
	"slices"
	"strings"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Filing is what was filed with an operator whose gateway takes whole texts:
// CMPP, and those behind Kannel.
type Filing struct {
	// SignAt is where the signature stands: Head, the default, Tail or Gateway.
	SignAt string
	// Signatures are those that may be used; none filed is any.
	Signatures []string
	// Templates are the texts that may be sent; none filed is any.
	Templates []Template
}

// Where the signature of a text stands. It counts in the length in any case.
const (
	Head    = "head"
	Tail    = "tail"
	Gateway = "gateway" // the operator's gateway writes it before the text
)

// check refuses a place that is not one of those.
func (f Filing) check(setting string, places ...string) error {
	if f.SignAt != "" && !slices.Contains(places, f.SignAt) {
		return domain.Errorf(domain.Invalid, "短信签名的位置只能是 %s，不能是“%s”", strings.Join(places, "、"), f.SignAt).In(setting)
	}
	return nil
}

// refuse returns the result of a text with a signature or words that were not
// filed: the operator would drop it, and tell nobody.
func (f Filing) refuse(t Text) (r channel.Result, refused bool) {
	if len(f.Signatures) > 0 && !slices.Contains(f.Signatures, t.Signature) {
		return noSignature(), true
	}
	if len(f.Templates) > 0 && !Fits(f.Templates, t.Body) {
		r, _ = noTemplate()
		return r, true
	}
	return r, false
}

// whole is the text as the phone shows it.
func (f Filing) whole(t Text) string {
	if f.SignAt == Tail && t.Signature != "" {
		return t.Body + sign(t)
	}
	return t.Full
}

// parts are the parts in which the text is handed over: as many as the phone
// shows, where the gateway writes the signature before the first of them.
func (f Filing) parts(t Text) []string {
	parts := domain.SMSParts(f.whole(t))
	if f.SignAt == Gateway && t.Signature != "" {
		parts[0] = strings.TrimPrefix(parts[0], sign(t))
	}
	return parts
}

func sign(t Text) string { return "【" + t.Signature + "】" }

// noSignature is the result of a text whose signature was not filed with a
// provider: another one may know it.
func noSignature() channel.Result {
	return channel.Result{Class: channel.Config, Code: "signature", Note: "这条短信的签名没有在这家网关报备"}
}
