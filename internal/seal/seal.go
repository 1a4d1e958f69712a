// Package seal encrypts the addresses of people for the columns that hold
// them, and makes the blind index by which an address is found without being
// read.
//
// A [Keyring] is a list of keys, read from a file or from the environment, one
// a line: "id algorithm base64key". The last data key seals, every one opens,
// so a key is replaced by adding a line and sealing the old rows anew while
// the service runs. The index key stays when data keys change: with another
// one, stop-list entries would no longer be found.
//
// A sealed value names its key: one byte with the length of the id, the id, a
// nonce, the ciphertext with its tag. The context (table, column, row) is
// authenticated with it, so a value copied into another row does not open.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/sm4"
)

// Algorithm names a way to encrypt.
type Algorithm string

// The algorithms. SM4 is for installations that must use commercial
// cryptography (商用密码管理条例); both are used in Galois/Counter mode.
const (
	AES Algorithm = "aes-256-gcm"
	SM4 Algorithm = "sm4-gcm"

	indexKey Algorithm = "index-hmac-sha256"
)

// ErrUnopened is returned for a value that no key of the ring opens: it was
// changed, it belongs to another row, or its key was removed.
var ErrUnopened = errors.New("sealed value does not open: wrong key, wrong row, or changed")

// Keyring seals with its newest key and opens with all of them. It does not
// change once made and is safe for concurrent use.
type Keyring struct {
	keys  []key // oldest first
	index []byte
}

type key struct {
	id   string
	aead cipher.AEAD
}

// Load reads a keyring from a file, or, where path is empty, from text, the
// content of an environment variable, whose lines may be parted by semicolons.
// Empty lines and lines that begin with # are left out.
func Load(path, text string) (*Keyring, error) {
	name, text := "environment", strings.ReplaceAll(text, ";", "\n")
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read keys: %w", err)
		}
		name, text = path, string(data)
	}
	k := &Keyring{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := k.add(line); err != nil {
			return nil, fmt.Errorf("keys of %s, line %d: %w", name, i+1, err)
		}
	}
	if len(k.keys) == 0 || k.index == nil {
		return nil, fmt.Errorf("keys of %s: a data key (%s or %s) and an index key (%s) are needed", name, AES, SM4, indexKey)
	}
	return k, nil
}

// Generate writes a new key file, readable by its owner only, with an index
// key and one data key. A file that is there already is never overwritten:
// without its keys the addresses in the database are lost.
func Generate(path string, with Algorithm) (*Keyring, error) {
	data, err := newKey(with)
	if err != nil {
		return nil, err
	}
	index, err := newKey(indexKey)
	if err != nil {
		return nil, err
	}
	text := "# Keys of the addresses in the database. Keep a copy apart from the database and never remove a line that is in use.\n" + index + data
	if err := WriteNew(path, text); err != nil {
		return nil, err
	}
	return Load(path, "")
}

// Extend adds a new data key to a file, which seals from the next Load on.
// What older keys sealed still opens.
func Extend(path string, with Algorithm) (*Keyring, error) {
	if _, err := Load(path, ""); err != nil {
		return nil, err
	}
	data, err := newKey(with)
	if err != nil {
		return nil, err
	}
	if err := appendTo(path, "\n"+data); err != nil {
		return nil, err
	}
	return Load(path, "")
}

// Current returns the id of the key that seals.
func (k *Keyring) Current() string { return k.keys[len(k.keys)-1].id }

// Seal encrypts plain and binds it to a context, which Open must be given
// again. Every call gives another result.
func (k *Keyring) Seal(plain, context []byte) []byte {
	with := k.keys[len(k.keys)-1]
	size := with.aead.NonceSize()
	out := make([]byte, 0, 1+len(with.id)+size+len(plain)+with.aead.Overhead())
	out = append(out, byte(len(with.id)))
	out = append(out, with.id...)
	nonce := out[len(out) : len(out)+size]
	_, _ = rand.Read(nonce) // crypto/rand never fails: it ends the program instead
	return with.aead.Seal(out[:len(out)+size], nonce, plain, context)
}

// Open decrypts what Seal made with the same context. The error is ErrUnopened
// and never holds the value.
func (k *Keyring) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, ErrUnopened
	}
	id, rest := string(sealed[1:1+int(sealed[0])]), sealed[1+int(sealed[0]):]
	at := slices.IndexFunc(k.keys, func(key key) bool { return key.id == id })
	if at < 0 {
		return nil, fmt.Errorf("key %q is not in the ring: %w", id, ErrUnopened)
	}
	aead := k.keys[at].aead
	if len(rest) < aead.NonceSize() {
		return nil, ErrUnopened
	}
	plain, err := aead.Open(nil, rest[:aead.NonceSize()], rest[aead.NonceSize():], context)
	if err != nil {
		return nil, ErrUnopened
	}
	return plain, nil
}

// BlindIndex returns the same 32 bytes for the same kind and address, from
// which the address cannot be told without the key.
func (k *Keyring) BlindIndex(kind, address string) []byte {
	mac := hmac.New(sha256.New, k.index)
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write([]byte(address))
	return mac.Sum(nil)
}

func (k *Keyring) add(line string) error {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return errors.New(`want "id algorithm base64key"`)
	}
	id, with := fields[0], Algorithm(fields[1])
	secret, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || len(secret) != with.keySize() {
		return fmt.Errorf("key %q: want one of %s, %s, %s with a base64 key of its length", id, AES, SM4, indexKey)
	}
	if with == indexKey {
		if k.index != nil {
			return errors.New("there is an index key already: a second one would hide the addresses of the first")
		}
		k.index = secret
		return nil
	}
	if len(id) > 255 || slices.ContainsFunc(k.keys, func(key key) bool { return key.id == id }) {
		return fmt.Errorf("key id %q is too long or used twice", id)
	}
	aead, err := with.open(secret)
	if err != nil {
		return fmt.Errorf("key %q: %w", id, err)
	}
	k.keys = append(k.keys, key{id: id, aead: aead})
	return nil
}

func (a Algorithm) keySize() int {
	switch a {
	case AES, indexKey:
		return 32
	case SM4:
		return 16
	default:
		return -1
	}
}

func (a Algorithm) open(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if a == SM4 {
		block, err = sm4.NewCipher(secret)
	}
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// newKey makes a line with a random key and a random id.
func newKey(with Algorithm) (string, error) {
	size := with.keySize()
	if size < 0 {
		return "", fmt.Errorf("no algorithm %q: use %s or %s", with, AES, SM4)
	}
	random := make([]byte, 4+size)
	_, _ = rand.Read(random) // see Seal
	return fmt.Sprintf("k%s %s %s\n", hex.EncodeToString(random[:4]), with, base64.StdEncoding.EncodeToString(random[4:])), nil
}

// WriteNew writes a file of secrets, readable by its owner only. It stands there
// whole or not at all, whoever looks while several processes start at once; one
// that is there is left alone, with an error that is [fs.ErrExist].
func WriteNew(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write secrets: %w", err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path)
	}
	if err := errors.Join(err, os.Remove(f.Name())); err != nil {
		return fmt.Errorf("write secrets: %w", err)
	}
	return nil
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return nil
}
