package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"policypush/internal/auth"
	"policypush/internal/domain"
)

// minPassword is the least length of an operator's password, in characters.
const minPassword = 10

func runOfficesAdd(ctx context.Context, std stdio, args []string) error {
	var office domain.Office
	b, rest, err := openBase(ctx, std, "offices add", args, func(fs *flag.FlagSet) {
		fs.StringVar(&office.Name, "name", "", "单位名称")
		fs.StringVar(&office.Signature, "signature", "", "短信签名，3到8个字")
		fs.StringVar(&office.Region, "region", "", "所在行政区划代码")
		fs.StringVar(&office.Phone, "phone", "", "咨询电话")
	})
	if err != nil {
		return err
	}
	defer b.close()
	if len(rest) > 0 || office.Name == "" || office.Signature == "" || office.Region == "" {
		return errUsage{"请给出 --name、--signature 和 --region"}
	}
	if !domain.ValidSignature(office.Signature) {
		return errUsage{"短信签名要有3到8个字，不含【】"}
	}
	r, err := b.loadRules(ctx)
	if err != nil {
		return err
	}
	if !r.ValidCode(domain.FieldRegion, office.Region) {
		return errUsage{fmt.Sprintf("没有行政区划代码“%s”", office.Region)}
	}
	if hasDemo, err := b.store.HasDemo(ctx); err != nil || hasDemo {
		return errOr(err, domain.Errorf(domain.Conflict, "这里载入了演示数据，请先运行 policypush demo remove，再添加真实单位"))
	}
	if err := b.store.SaveOffice(ctx, &office); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "已添加单位 %d：%s\n", office.ID, office.Name)
	return err
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func runOperatorsAdd(ctx context.Context, std stdio, args []string) error {
	var office int64
	var login, name, roles string
	b, rest, err := openBase(ctx, std, "operators add", args, func(fs *flag.FlagSet) {
		fs.Int64Var(&office, "office", 0, "单位编号（见 offices add）；只有一个单位时可不填")
		fs.StringVar(&login, "login", "", "登录名")
		fs.StringVar(&name, "name", "", "姓名")
		fs.StringVar(&roles, "roles", "", "角色，逗号分隔：drafter（发布员）、approver（审核员）、admin（系统管理员）、auditor（审计员）")
	})
	if err != nil {
		return err
	}
	defer b.close()
	if len(rest) > 0 || login == "" || name == "" || roles == "" {
		return errUsage{"请给出 --login、--name 和 --roles"}
	}
	o := domain.Operator{Office: domain.OfficeID(office), Login: login, Name: name}
	for _, role := range strings.Split(roles, ",") {
		r := domain.Role(strings.TrimSpace(role))
		if !slices.Contains([]domain.Role{domain.Drafter, domain.Approver, domain.Admin, domain.Auditor}, r) {
			return errUsage{fmt.Sprintf("没有角色“%s”", r)}
		}
		o.Roles = append(o.Roles, r)
	}
	if o.Office, err = b.officeOf(ctx, o.Office); err != nil {
		return err
	}
	password, err := readPassword(std)
	if err != nil {
		return err
	}
	if o.PasswordHash, err = auth.HashPassword(password); err != nil {
		return err
	}
	if err := b.store.SaveOperator(ctx, &o); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "已添加工作人员 %d：%s（%s）\n", o.ID, o.Name, o.Login)
	return err
}

// officeOf returns the office with an id, or the only one there is.
func (b *base) officeOf(ctx context.Context, id domain.OfficeID) (domain.OfficeID, error) {
	if id != 0 {
		o, err := b.store.Office(ctx, id)
		return o.ID, err
	}
	offices, err := b.store.Offices(ctx)
	switch {
	case err != nil:
		return 0, err
	case len(offices) == 0:
		return 0, domain.Errorf(domain.NotFound, "还没有单位，请先运行 policypush offices add")
	case len(offices) > 1:
		return 0, errUsage{"有不止一个单位，请用 --office 指明编号"}
	}
	return offices[0].ID, nil
}

// readPassword reads a password from the terminal without showing it, or the
// first line of a pipe.
func readPassword(std stdio) (string, error) {
	var password string
	if f, ok := std.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(std.err, "密码：")
		typed, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(std.err)
		if err != nil {
			return "", fmt.Errorf("read password: %w", err)
		}
		password = string(typed)
	} else {
		scanner := bufio.NewScanner(std.in)
		if scanner.Scan() {
			password = scanner.Text()
		}
		if err := scanner.Err(); err != nil {
			return "", fmt.Errorf("read password: %w", err)
		}
	}
	if utf8.RuneCountInString(password) < minPassword {
		return "", domain.Errorf(domain.Invalid, "密码至少要有%d个字符，请换一个（可从标准输入送入一行）", minPassword)
	}
	return password, nil
}
