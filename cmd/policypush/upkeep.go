package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"

	"policypush/internal/domain"
	"policypush/internal/seal"
	"policypush/workers"
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

// runUpkeepCheck compares the counters of pushes with the rows that they count.
// It exits with 1 where they differ.
func runUpkeepCheck(ctx context.Context, std stdio, args []string) error {
	b, rest, err := openBase(ctx, std, "upkeep check", args, nil)
	if err != nil {
		return err
	}
	defer b.close()
	push, err := pushOf(rest, false)
	if err != nil {
		return err
	}
	different, err := b.store.CheckCounts(ctx, push)
	if err != nil {
		return err
	}
	for _, d := range different {
		what := d.Channel.Label() + " " + d.Channel.StateLabel(d.State)
		if d.Batch != 0 {
			what = fmt.Sprintf("第%d批 %s", d.Batch, what)
		}
		if d.Reason != "" {
			what += "（" + d.Reason.Label() + "）"
		}
		fmt.Fprintf(std.out, "推送%d %s：计数%d，实有%d\n", d.Push, what, d.Counted, d.Rows)
	}
	if len(different) > 0 {
		fmt.Fprintf(std.err, "policypush upkeep check: %d处计数与明细不一致，运行 policypush upkeep recount 推送编号 重新计数\n", len(different))
		return errReported
	}
	_, err = fmt.Fprintln(std.out, "计数与明细一致")
	return err
}

// runUpkeepRecount counts a push anew from its rows.
func runUpkeepRecount(ctx context.Context, std stdio, args []string) error {
	b, rest, err := openBase(ctx, std, "upkeep recount", args, nil)
	if err != nil {
		return err
	}
	defer b.close()
	push, err := pushOf(rest, true)
	if err != nil {
		return err
	}
	p, err := b.store.Push(ctx, push)
	if err != nil {
		return err
	}
	if !p.ForgottenAt.IsZero() {
		return domain.Errorf(domain.Conflict, "推送%d的明细已过保存期删除，只剩计数，不能重新计数", push)
	}
	different, err := b.store.CheckCounts(ctx, push)
	if err == nil {
		err = b.store.Recount(ctx, push)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "推送%d已按明细重新计数，改正%d处\n", push, len(different))
	return err
}

func pushOf(args []string, wanted bool) (domain.PushID, error) {
	switch {
	case len(args) == 0 && !wanted:
		return 0, nil
	case len(args) != 1:
		return 0, errUsage{"请给出一个推送编号"}
	}
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || id < 1 {
		return 0, errUsage{fmt.Sprintf("推送编号要是正整数，不能是“%s”", args[0])}
	}
	return domain.PushID(id), nil
}

// runUpkeepCompare compares a day with the counts of the gateways, as the
// service does each morning. It exits with 1 where they differ or a gateway did
// not answer.
func runUpkeepCompare(ctx context.Context, std stdio, args []string) error {
	b, rest, err := openBase(ctx, std, "upkeep compare", args, nil)
	if err != nil {
		return err
	}
	defer b.close()
	if len(rest) != 1 {
		return errUsage{"请给出一个日期，例如 2026-11-25"}
	}
	lines, err := b.lines(nil) // nothing is sent: no words are looked for
	if err != nil {
		return err
	}
	bad, n := 0, 0
	var failed error
	for _, kind := range domain.Outgoing() {
		line, there := lines[kind]
		if !there {
			continue
		}
		statements, err := workers.CompareDay(ctx, b.store, kind, line, rest[0], clock())
		failed = errors.Join(failed, err)
		for _, s := range statements {
			says := s.Note
			switch {
			case s.Compared() && s.Agrees():
				says = fmt.Sprintf("网关%d，一致", s.Theirs)
			case s.Compared():
				says = fmt.Sprintf("网关%d，不一致", s.Theirs)
			}
			if s.Compared() && s.Note != "" {
				says += "（" + s.Note + "）"
			}
			if !s.Agrees() || !s.Compared() && s.Note != workers.NotCounted {
				bad++
			}
			n++
			fmt.Fprintf(std.out, "%s %s（%s）：我们%d，另有%d条不明；%s\n", s.Day, kind.Label(), cmp.Or(s.Gateway, "未知网关"), s.Accepted, s.InDoubt, says)
		}
		if line.Sender != nil {
			failed = errors.Join(failed, line.Sender.Close())
		}
	}
	switch {
	case failed != nil:
		return failed
	case bad > 0:
		fmt.Fprintf(std.err, "policypush upkeep compare: %d处不一致或没有回答\n", bad)
		return errReported
	case n == 0:
		_, err = fmt.Fprintln(std.out, "这一天没有经网关发出的消息")
	}
	return err
}
