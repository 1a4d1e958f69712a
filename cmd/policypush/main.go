// Command policypush is the whole service in one binary: the web pages, the
// workers that send, and the tools of a policy office.
//
// Exit codes: 0 done, 1 failed (one line says why and what to do), 2 wrong use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"policypush/internal/domain"
)

// version is set by the linker when an archive is built.
var version = ""

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// stdio is what a command reads and prints to. Results go to out, progress and
// errors to err.
type stdio struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// command is one line of the table of sub-commands.
type command struct {
	name    string // "subscribers import" has two words
	args    string
	summary string
	run     func(ctx context.Context, std stdio, args []string) error
}

// commands lists what the binary can do, in the order of the help text.
func commands() []command {
	return []command{
		{"serve", "[--data DIR] [--listen ADDR] [--demo] [--database URL] [--redis URL] [--config FILE]", "启动全部服务：网页、发送、清理", runServe},
		{"web", "[选项同 serve]", "只启动网页", runWeb},
		{"work", "[选项同 serve]", "只启动发送", runWork},
		{"analyze", "[--as-of DATE] [--json] [--text] FILE…", "读文件并输出读懂的内容，不用数据库", runAnalyze},
		{"match", "--profiles FILE [--as-of DATE] [--json] POLICYFILE…", "哪些政策点适用于哪些主体，不用数据库", runMatch},
		{"search", "--dir DIR [--queries FILE] [--limit 10] [--json]", "在一个文件夹的政策文本里检索，不用数据库", runSearch},
		{"rules check", "DIR [--json]", "检查本单位的规则目录", runRulesCheck},
		{"rules score", "DIR [--json] [--rules DIR]", "对照标注（labels.jsonl）给识别打分", runRulesScore},
		{"rules fit", "DIR... [--facets] [--write FILE] [--rules DIR]", "用标注文件拟合主题（或税费、群体、企业属性、行业）的判定权重", runRulesFit},
		{"rules learn", "[DIR...] [--cases FILE] [--accept N[,M] --into DIR] [--export FILE] [--json]", "从工作人员的更正提出规则建议，接受后写入规则目录", runRulesLearn},
		{"import", "--login 登录名 [--office ID] [--json] FILE…", "把政策文件读成草稿", runImport},
		{"audience", "FILE… | --policy ID | --push ID [--as-of DATE] [--json]", "一项政策涉及多少企业和居民；或按当时的画像复核一次推送的受众", runAudience},
		{"subscribers import", "FILE… [--json]", "导入订阅者（.jsonl 或 .csv）", runSubscribersImport},
		{"subscribers export", "ID…", "导出订阅者的全部资料", runSubscribersExport},
		{"offices add", "--name 名称 --signature 短信签名 --region 区划代码 [--phone 电话]", "添加单位", runOfficesAdd},
		{"operators add", "--login 登录名 --name 姓名 --roles 角色 [--office ID]", "添加工作人员，密码从终端或标准输入读", runOperatorsAdd},
		{"migrate", "[--database URL]", "把数据库升级到最新", runMigrate},
		{"sms callback", "", "显示短信网关的回执和上行回调地址（填进网关的设置）", runSMSCallback},
		{"dkim", "[--config FILE]", "显示邮件签名公钥的 DNS 记录", runDKIM},
		{"dkim new", "ed25519|rsa FILE", "生成邮件签名的私钥文件", runDKIMNew},
		{"keys rotate", "[--add]", "更换联系方式的加密密钥", runKeysRotate},
		{"upkeep check", "[推送编号]", "核对推送的计数与明细", runUpkeepCheck},
		{"upkeep recount", "推送编号", "按明细重新计数一次推送", runUpkeepRecount},
		{"upkeep compare", "DATE", "把一天的发送数与网关的统计核对", runUpkeepCompare},
		{"demo remove", "", "删除演示数据", runDemoRemove},
		{"bench", "tag|audience|push|web|start|all [选项] [--json]", "测量速度和内存", runBench},
		{"version", "", "显示版本", runVersion},
	}
}

// errUsage is wrong use: exit code 2.
type errUsage struct{ text string }

func (e errUsage) Error() string { return e.text }

// errReported is a failure whose lines have been printed already: exit code 1.
var errReported = errors.New("already reported")

// run finds the command and turns its error into an exit code.
func run(ctx context.Context, args []string, std stdio) int {
	if len(args) == 0 {
		printHelp(std.err)
		return 2
	}
	switch args[0] {
	case "help", "-h", "--help":
		printHelp(std.out)
		return 0
	}
	cmd, rest, ok := findCommand(args)
	if !ok {
		fmt.Fprintf(std.err, "policypush: 没有“%s”这个命令，运行 policypush help 查看全部命令\n", args[0])
		return 2
	}
	err := cmd.run(ctx, std, rest)
	var usage errUsage
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, &usage):
		fmt.Fprintf(std.err, "policypush %s: %s\n用法：policypush %s %s\n", cmd.name, usage.text, cmd.name, cmd.args)
		return 2
	default:
		fmt.Fprintf(std.err, "policypush %s: %s\n", cmd.name, oneLine(err))
		return 1
	}
}

// findCommand matches the longest name first: "subscribers import" before
// "subscribers".
func findCommand(args []string) (cmd command, rest []string, ok bool) {
	for words := min(2, len(args)); words > 0; words-- {
		name := strings.Join(args[:words], " ")
		for _, c := range commands() {
			if c.name == name {
				return c, args[words:], true
			}
		}
	}
	return command{}, nil, false
}

func printHelp(w io.Writer) {
	fmt.Fprint(w, "政策直达：把政策送到用得上的企业和群众。\n\n用法：policypush 命令 [选项]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-20s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n每个命令都可以加 --help 查看选项。\n")
}

// oneLine is an error as people read it. The cause of a mistake that they can
// mend is left out: it is for the log.
func oneLine(err error) string {
	if shown, ok := errors.AsType[*domain.Error](err); ok && shown.Kind != domain.Internal {
		err = shown.Because(nil)
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// oneLineOf is oneLine for an error about a file, which it names once.
func oneLineOf(file string, err error) string {
	if shown, ok := errors.AsType[*domain.Error](err); ok && shown.File != "" {
		return oneLine(err)
	}
	return file + "：" + oneLine(err)
}

func runVersion(_ context.Context, std stdio, _ []string) error {
	_, err := fmt.Fprintln(std.out, "policypush", versionText())
	return err
}

// versionText is the version of the archive, else that of the commit.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}
