package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"policypush/internal/auth"
	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
	"policypush/internal/telemetry"
	"policypush/rules"
)

// base is what every command that works with an installation opens: settings,
// log, secrets and the database.
type base struct {
	cfg    config.Config
	log    *slog.Logger
	store  *storage.Store
	secret []byte // signs links and codes
	signer *auth.Signer
}

// openBase reads the settings from args and opens the installation, migrated.
// own declares the command's own flags.
func openBase(ctx context.Context, std stdio, name string, args []string, own func(*flag.FlagSet)) (*base, []string, error) {
	cfg, rest, err := loadConfig(std, name, args, own)
	if err != nil {
		return nil, nil, err
	}
	b, err := baseOf(ctx, std, cfg, 0)
	return b, rest, err
}

// baseOf is openBase for settings that have been read, and waits so long for a
// database that does not answer.
func baseOf(ctx context.Context, std stdio, cfg config.Config, patience time.Duration) (*base, error) {
	b := &base{cfg: cfg, log: telemetry.NewLogger(std.err, cfg.LogFormat, cfg.LogLevel)}
	if err := b.open(ctx, patience); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *base) open(ctx context.Context, patience time.Duration) error {
	if err := b.makeFolders(); err != nil {
		return err
	}
	keys, made, err := openKeys(b.cfg)
	if err != nil {
		return err
	}
	if b.secret, err = openSecret(b.cfg.SecretPath()); err != nil {
		return err
	}
	if b.signer, err = auth.NewSigner(b.secret); err != nil {
		return err
	}
	return b.whileAway(ctx, patience, func() error {
		if b.store, err = storage.Open(ctx, b.cfg.DatabaseURL(), keys); err != nil {
			return err
		}
		if err := b.migrate(ctx, made); err != nil {
			return errors.Join(err, b.store.Close())
		}
		return nil
	})
}

// again is how often a database that does not answer is tried.
const again = 500 * time.Millisecond

// whileAway does what needs the database once more as long as that is away, up
// to patience after it was first missed.
func (b *base) whileAway(ctx context.Context, patience time.Duration, do func() error) error {
	var missed time.Time
	for {
		err := do()
		if err == nil || !storage.IsAway(err) {
			return err
		}
		if missed.IsZero() {
			missed = time.Now()
		}
		if time.Since(missed) >= patience {
			return err
		}
		b.log.Warn("the database does not answer yet", "err", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(again):
		}
	}
}

// migrate brings the database up to date. New keys beside old contacts mean
// that the old keys are gone, and nobody could be reached.
func (b *base) migrate(ctx context.Context, newKeys bool) error {
	if _, err := b.store.Migrate(ctx); err != nil {
		return err
	}
	if !newKeys {
		return nil
	}
	enterprises, residents, err := b.store.CountSubscribers(ctx)
	if err != nil {
		return err
	}
	if enterprises+residents == 0 {
		return nil
	}
	if err := os.Remove(b.cfg.KeyPath()); err != nil {
		return fmt.Errorf("remove the new key file: %w", err)
	}
	return domain.Errorf(domain.Conflict, "数据库里已有%d个订阅者，但没有找到密钥文件 %s：请从备份恢复它，或用 --key_file 指明位置，否则联系方式无法读取",
		enterprises+residents, b.cfg.KeyPath())
}

func (b *base) makeFolders() error {
	if err := os.MkdirAll(b.cfg.Data, 0o700); err != nil {
		return domain.Errorf(domain.Invalid, "建不了数据目录 %s：请检查权限，或用 --data 换一个目录", b.cfg.Data).Because(err)
	}
	if path, ok := strings.CutPrefix(b.cfg.DatabaseURL(), "sqlite:"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("make folder of the database: %w", err)
		}
	}
	return nil
}

func (b *base) close() {
	if err := b.store.Close(); err != nil {
		b.log.Warn("database not closed", "err", err)
	}
}

// loadRules reads the built-in rules, those of the demonstration where it is
// loaded, and the office's own.
func (b *base) loadRules(ctx context.Context) (*rules.Rules, error) {
	demo, err := b.store.HasDemo(ctx)
	if err != nil {
		return nil, err
	}
	return layeredRules(b.cfg.RulesDir, demo)
}

// shanghai is the time of the readers.
var shanghai = time.FixedZone("CST", 8*60*60)

// today is the day of the readers.
func today() string { return time.Now().In(shanghai).Format(time.DateOnly) }

// quietHours turns "20:00-08:00" into the hours in which no text goes out.
func quietHours(setting string) (push.Hours, error) {
	from, to, err := config.ParseQuietHours(setting)
	return push.Hours{From: time.Duration(from) * time.Minute, To: time.Duration(to) * time.Minute}, err
}
