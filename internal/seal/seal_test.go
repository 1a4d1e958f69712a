package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func keyFile(t testing.TB, with Algorithm) (string, *Keyring) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	k, err := Generate(path, with)
	if err != nil {
		t.Fatal(err)
	}
	return path, k
}

func TestWhatIsSealedOpensInItsContextOnly(t *testing.T) {
	for _, with := range []Algorithm{AES, SM4} {
		t.Run(string(with), func(t *testing.T) {
			_, k := keyFile(t, with)
			_, other := keyFile(t, with)
			rapid.Check(t, func(t *rapid.T) {
				plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
				context := rapid.SliceOf(rapid.Byte()).Draw(t, "context")
				sealed := k.Seal(plain, context)
				if back, err := k.Open(sealed, context); err != nil || !bytes.Equal(back, plain) {
					t.Fatalf("opened %q, %v; want %q", back, err, plain)
				}
				if bytes.Equal(sealed, k.Seal(plain, context)) {
					t.Fatal("sealed twice to the same bytes")
				}
				if _, err := k.Open(sealed, append(context, 'x')); !errors.Is(err, ErrUnopened) {
					t.Fatalf("in another context: %v", err)
				}
				if _, err := other.Open(sealed, context); !errors.Is(err, ErrUnopened) {
					t.Fatalf("by another ring: %v", err)
				}
				at := rapid.IntRange(0, len(sealed)-1).Draw(t, "changed octet")
				sealed[at] ^= 1
				if _, err := k.Open(sealed, context); !errors.Is(err, ErrUnopened) {
					t.Fatalf("changed at %d: %v", at, err)
				}
			})
		})
	}
}

func FuzzOpen(f *testing.F) {
	_, k := keyFile(f, AES)
	f.Add([]byte{})
	f.Add([]byte{9, 'k'})
	f.Add(k.Seal([]byte("19900000001"), nil)[:20])
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if _, err := k.Open(sealed, []byte("never used")); !errors.Is(err, ErrUnopened) {
			t.Fatalf("%x: %v", sealed, err)
		}
	})
}

func TestKeysAreReplacedWithoutLosingTheOld(t *testing.T) {
	path, first := keyFile(t, AES)
	old := first.Seal([]byte("19900000001"), nil)
	second, err := Extend(path, SM4)
	if err != nil {
		t.Fatal(err)
	}
	if second.Current() == first.Current() {
		t.Fatal("the new key is not used")
	}
	if plain, err := second.Open(old, nil); err != nil || string(plain) != "19900000001" {
		t.Fatalf("old value: %q, %v", plain, err)
	}
	if _, err := first.Open(second.Seal(nil, nil), nil); !errors.Is(err, ErrUnopened) {
		t.Fatalf("a ring without the new key: %v", err)
	}
	if !bytes.Equal(first.BlindIndex("sms", "19900000001"), second.BlindIndex("sms", "19900000001")) {
		t.Fatal("the index key did not survive")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	environment, err := Load("", strings.ReplaceAll(string(text), "\n", ";"))
	if err != nil {
		t.Fatal(err)
	}
	if environment.Current() != second.Current() {
		t.Fatal("the environment holds other keys than the file")
	}
}

func TestBlindIndexTellsKindsAndAddressesApart(t *testing.T) {
	_, k := keyFile(t, AES)
	seen := map[string]string{}
	for _, of := range [][2]string{{"sms", "1"}, {"sms", "2"}, {"email", "1"}, {"s", "ms1"}, {"sms1", ""}} {
		index := string(k.BlindIndex(of[0], of[1]))
		if other, there := seen[index]; there {
			t.Fatalf("%v has the index of %s", of, other)
		}
		seen[index] = of[0] + " " + of[1]
	}
}

func TestKeyFileIsPrivateAndNeverOverwritten(t *testing.T) {
	path, _ := keyFile(t, AES)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v", info.Mode())
	}
	if _, err := Generate(path, AES); !errors.Is(err, os.ErrExist) {
		t.Fatalf("generated over it: %v", err)
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	const index = "i index-hmac-sha256 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	const data = "k aes-256-gcm AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	if _, err := Load("", " # note\n\n"+index+";"+data); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":            "",
		"no index key":       data,
		"no data key":        index,
		"two index keys":     index + ";" + index + ";" + data,
		"an id twice":        index + ";" + data + ";" + data,
		"a short key":        index + ";k aes-256-gcm AAAA",
		"a key of AES's":     index + ";k sm4-gcm AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"no base64":          index + ";k aes-256-gcm !",
		"another algorithm":  index + ";k rot13 AAAA",
		"a word too few":     index + ";k aes-256-gcm",
		"an id without end":  index + ";" + strings.Repeat("k", 256) + data[1:],
		"a name for content": "POLICYPUSH_KEYS",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load("", text)
			if err == nil {
				t.Fatal("accepted")
			}
			if strings.Contains(err.Error(), "AAAA") {
				t.Fatalf("the error tells the key: %v", err)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none"), data); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("no file: %v", err)
	}
	if _, err := Generate(filepath.Join(t.TempDir(), "keys"), "rot13"); err == nil {
		t.Fatal("generated keys of another algorithm")
	}
	if _, err := Extend(filepath.Join(t.TempDir(), "none"), AES); err == nil {
		t.Fatal("extended no file")
	}
}
