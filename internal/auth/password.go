package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"policypush/internal/domain"
)

// The cost of argon2id: 19 MiB, two passes, one lane, the least that OWASP
// advises. A hash carries its own numbers, so that they may grow later.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// maxPassword keeps somebody from making us hash a book.
const maxPassword = 1024

// HashPassword returns the argon2id hash of a password as a PHC string. It
// refuses one that is shorter than ten characters or absurdly long.
func HashPassword(password string) (string, error) {
	if utf8.RuneCountInString(password) < 10 {
		return "", domain.Errorf(domain.Invalid, "密码至少需要10个字符").In("密码")
	}
	if len(password) > maxPassword {
		return "", domain.Errorf(domain.Invalid, "密码太长，请缩短到1024字节以内").In("密码")
	}
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// CheckPassword tells whether a password fits a hash. An empty or broken hash
// costs as much time as a real one and never fits, so that the answer does not
// betray which logins exist.
func CheckPassword(hash, password string) bool {
	if len(password) > maxPassword {
		return false
	}
	p, ok := parsePHC(hash)
	if !ok {
		argon2.IDKey([]byte(password), make([]byte, argonSalt), argonTime, argonMemory, argonLanes, argonKey)
		return false
	}
	key := argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.lanes, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1
}

type phc struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

// parsePHC reads $argon2id$v=19$m=…,t=…,p=…$salt$key and refuses costs that
// would stall the process.
func parsePHC(s string) (phc, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, false
	}
	var p phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.lanes); err != nil {
		return phc{}, false
	}
	if p.memory > 1<<20 || p.time == 0 || p.time > 16 || p.lanes == 0 {
		return phc{}, false
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(p.salt) < 8 {
		return phc{}, false
	}
	if p.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(p.key) < 16 || len(p.key) > 64 {
		return phc{}, false
	}
	return p, true
}
