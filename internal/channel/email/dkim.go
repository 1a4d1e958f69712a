package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"policypush/internal/domain"
)

// DKIM signs mails as those of a domain (RFC 6376, RFC 8463). A mail carries
// one signature for each key: receivers that do not know Ed25519 check RSA.
type DKIM struct {
	Domain string
	Keys   []DKIMKey
}

// DKIMKey is a private key and the name under which its public half stands in
// the DNS.
type DKIMKey struct {
	Selector string
	Signer   crypto.Signer // Ed25519, or RSA of at least 2048 bits
}

// signedHeaders are covered by a signature, whether they occur or not: nobody
// on the way can change them, nor add one that is missing. From stands twice so
// that no second one can be added, and the way to unsubscribe is part of it
// (RFC 8058).
var signedHeaders = []string{
	"From", "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
}

// Sign returns a composed mail with its signatures in front.
func (d DKIM) Sign(raw []byte) ([]byte, error) {
	for _, key := range d.Keys {
		var signed bytes.Buffer
		err := dkim.Sign(&signed, bytes.NewReader(raw), &dkim.SignOptions{
			Domain: d.Domain, Selector: key.Selector, Signer: key.Signer, Hash: crypto.SHA256,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
			HeaderKeys: signedHeaders,
		})
		if err != nil {
			return nil, fmt.Errorf("sign with %s: %w", key.Selector, err)
		}
		raw = signed.Bytes()
	}
	return raw, nil
}

// txtString is the longest string in a TXT record.
const txtString = 255

// Record returns the line of a zone file that publishes the key, and the value
// alone, for forms that ask for it.
func (k DKIMKey) Record(mailDomain string) (line, value string, err error) {
	kind, public := "rsa", []byte(nil)
	switch key := k.Signer.Public().(type) {
	case ed25519.PublicKey:
		kind, public = "ed25519", key
	default:
		if public, err = x509.MarshalPKIXPublicKey(key); err != nil {
			return "", "", fmt.Errorf("public key of %s: %w", k.Selector, err)
		}
	}
	value = "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public)
	var parts []string
	for rest := value; rest != ""; {
		n := min(txtString, len(rest))
		parts = append(parts, `"`+rest[:n]+`"`)
		rest = rest[n:]
	}
	return k.Selector + "._domainkey." + mailDomain + ". IN TXT ( " + strings.Join(parts, " ") + " )", value, nil
}

var selectorForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseDKIMKey reads a private key from PEM: PKCS #8, or PKCS #1 as older
// tools write RSA keys. It fails with Invalid.
func ParseDKIMKey(selector string, file []byte) (DKIMKey, error) {
	if !selectorForm.MatchString(selector) {
		return DKIMKey{}, domain.Errorf(domain.Invalid, "DKIM 选择器只能有小写字母、数字和短横，不能是“%s”", selector)
	}
	block, _ := pem.Decode(file)
	if block == nil {
		return DKIMKey{}, domain.Errorf(domain.Invalid, "DKIM 密钥文件里没有 PEM 格式的私钥")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if key, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return DKIMKey{}, domain.Errorf(domain.Invalid, "DKIM 私钥读不懂，要是 PKCS #8 或 PKCS #1 格式")
		}
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return DKIMKey{selector, key}, nil
	case *rsa.PrivateKey:
		if key.N.BitLen() < 2048 {
			return DKIMKey{}, domain.Errorf(domain.Invalid, "DKIM 的 RSA 密钥要有2048位以上，这一份只有%d位", key.N.BitLen())
		}
		return DKIMKey{selector, key}, nil
	default:
		return DKIMKey{}, domain.Errorf(domain.Invalid, "DKIM 私钥要是 Ed25519 或 RSA")
	}
}

// NewDKIMKey makes a private key, ed25519 or rsa, as a PEM file.
func NewDKIMKey(kind string) ([]byte, error) {
	var key any
	var err error
	switch kind {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		return nil, domain.Errorf(domain.Invalid, "密钥种类要是 ed25519 或 rsa，不能是“%s”", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("make %s key: %w", kind, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode %s key: %w", kind, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
