package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/internal/seal"
)

// openKeys reads the keys that seal contacts, from the environment or the key
// file. Where there is neither it makes a file, and says so in made: if the
// database turns out to hold contacts already, their key has been lost.
func openKeys(cfg config.Config) (keys *seal.Keyring, made bool, err error) {
	if text := os.Getenv(config.KeysVariable); text != "" {
		keys, err = seal.Load("", text)
		return keys, false, err
	}
	path := cfg.KeyPath()
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, false, fmt.Errorf("make folder of the key file: %w", err)
		}
		keys, err = seal.Generate(path, seal.Algorithm(cfg.SealWith))
		if !errors.Is(err, fs.ErrExist) {
			return keys, true, err
		} // another process was first
	}
	keys, err = seal.Load(path, "")
	return keys, false, err
}

// openSecret reads the secret that signs links and codes, or makes it on the
// first start.
func openSecret(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeSecret(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read signing secret: %w", err)
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) < 32 {
		return nil, domain.Errorf(domain.Invalid, "签名密钥文件 %s 内容不对，应为64位以上的十六进制数：请从备份恢复，或删除后重新启动（已发出的退订链接会失效）", path)
	}
	return secret, nil
}

func makeSecret(path string) ([]byte, error) {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make folder of the signing secret: %w", err)
	}
	err := seal.WriteNew(path, hex.EncodeToString(secret)+"\n")
	if errors.Is(err, fs.ErrExist) {
		return openSecret(path) // another process was first
	}
	if err != nil {
		return nil, err
	}
	return secret, nil
}
