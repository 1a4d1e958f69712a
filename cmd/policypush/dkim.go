package main

import (
	"context"
	"fmt"

	"policypush/internal/channel/email"
	"policypush/internal/domain"
	"policypush/internal/seal"
)

// runDKIM prints the DNS records of the keys that sign mails.
func runDKIM(_ context.Context, std stdio, args []string) error {
	cfg, rest, err := loadConfig(std, "dkim", args, nil)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage{fmt.Sprintf("不认识“%s”", rest[0])}
	}
	cfg.Email.DKIM = "own" // what would be published, before it is used
	d, err := dkimOf(cfg.Email)
	if err != nil {
		return err
	}
	if d.Domain == "" {
		return domain.Errorf(domain.Invalid, "没有填写发件人：email.from 的域名就是签名的域名").In("email.from")
	}
	for _, key := range d.Keys {
		line, value, err := key.Record(d.Domain)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(std.out, "%s\n; 只填值的表单：%s\n", line, value); err != nil {
			return err
		}
	}
	return nil
}

// runDKIMNew makes a private key for signing mails.
func runDKIMNew(_ context.Context, _ stdio, args []string) error {
	if len(args) != 2 {
		return errUsage{"用法：policypush dkim new ed25519|rsa FILE"}
	}
	pem, err := email.NewDKIMKey(args[0])
	if err != nil {
		return err
	}
	if err := seal.WriteNew(args[1], string(pem)); err != nil {
		return domain.Errorf(domain.Conflict, "建不了文件 %s：已经存在，或没有权限", args[1]).Because(err)
	}
	return nil
}
