package main

import (
	"context"
	"flag"
	"fmt"

	"policypush/internal/domain"
	"policypush/internal/seal"
)

func runMigrate(ctx context.Context, std stdio, args []string) error {
	b, rest, err := openBase(ctx, std, "migrate", args, nil) // opening migrates
	if err != nil {
		return err
	}
	defer b.close()
	if len(rest) > 0 {
		return errUsage{fmt.Sprintf("不认识“%s”", rest[0])}
	}
	_, err = fmt.Fprintf(std.out, "数据库已是最新（%s）\n", b.store.Dialect())
	return err
}

// rotateChunk is how many rows are sealed anew in one transaction.
const rotateChunk = 500

// runKeysRotate adds a key and seals old rows with it. Processes that run on
// the old file read rows of both until they are restarted, so they are
// restarted between the two steps.
func runKeysRotate(ctx context.Context, std stdio, args []string) error {
	var add bool
	b, rest, err := openBase(ctx, std, "keys rotate", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&add, "add", false, "只在密钥文件里加一把新密钥；重启全部进程后，再不带 --add 运行一次")
	})
	if err != nil {
		return err
	}
	defer b.close()
	if len(rest) > 0 {
		return errUsage{fmt.Sprintf("不认识“%s”", rest[0])}
	}
	if add {
		keys, err := seal.Extend(b.cfg.KeyPath(), seal.Algorithm(b.cfg.SealWith))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "已加入新密钥 %s。请重启全部进程，然后运行 policypush keys rotate\n", keys.Current())
		return err
	}
	total := 0
	err = b.store.RotateKeys(ctx, rotateChunk, func(done int) {
		total = done
		fmt.Fprintf(std.err, "\r已重新加密%d条", done)
	})
	fmt.Fprintln(std.err)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "完成：%d条联系方式已改用最新的密钥。旧密钥请保留到旧备份不再需要为止\n", total)
	return err
}

func runDemoRemove(ctx context.Context, std stdio, args []string) error {
	b, rest, err := openBase(ctx, std, "demo remove", args, nil)
	if err != nil {
		return err
	}
	defer b.close()
	if len(rest) > 0 {
		return errUsage{fmt.Sprintf("不认识“%s”", rest[0])}
	}
	hasDemo, err := b.store.HasDemo(ctx)
	if err != nil {
		return err
	}
	if !hasDemo {
		return domain.Errorf(domain.NotFound, "这里没有演示数据")
	}
	if err := b.store.RemoveDemo(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, "演示数据已删除；请重启服务，并去掉 --demo")
	return err
}
