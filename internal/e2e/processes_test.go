package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"policypush/internal/porttest"
	"policypush/internal/storage/pgtest"
)

// TestTwoProcessesHoldOneCopy: pages and workers run apart, each with an index
// of its own, while other processes change the people. What the one previews is
// what a fresh build counts, what the other freezes can be computed again, also
// after the first was killed and has started anew.
func TestTwoProcessesHoldOneCopy(t *testing.T) {
	t.Parallel()
	metrics := porttest.Address(t)
	in := newInstallation(t, map[string]any{"database": pgtest.Start(t).Database(t), "redis": startRedis(t)})
	in.office()
	change := func(round int) {
		t.Helper()
		var writers sync.WaitGroup
		for w := range 2 { // the same people from two sides
			writers.Go(func() {
				var rows strings.Builder
				for n := range 60 {
					fmt.Fprintf(&rows, `{"id":"R%d","kind":"resident","region":"%s","all_that_may_apply":true}`+"\n",
						n+40*w, []string{"339901001", "339901103", "339901"}[(n*7+round*5+w)%3])
				}
				in.must("", "subscribers", "import", in.file(fmt.Sprintf("people-%d-%d.jsonl", round, w), rows.String()))
			})
		}
		writers.Wait()
	}
	change(0)
	pages := in.start("web", in.url+"/readyz", "web")
	in.start("work", "http://"+metrics+"/readyz", "work", "--metrics", metrics)
	j := &journey{t: t, in: in}
	j.draft, j.approve = j.signIn(drafter, drafterPassword), j.signIn(approver, approverPassword)
	change(1)
	j.draft.open("/console/import").send("/console/import", fill{"text": {moveYears(coupons)}}).says("消费券")
	policy := j.policyCalled("消费券")
	agree := func() {
		t.Helper()
		var counted struct{ Likely, Possible int }
		if err := json.Unmarshal([]byte(in.must("", "audience", "--policy", policy, "--json")), &counted); err != nil {
			t.Fatal(err)
		}
		want, shown := fmt.Sprint(counted.Likely, " ", counted.Possible), ""
		await(t, func() string { return "the page says " + shown + ", a fresh build " + want }, func() bool {
			if m := preview.FindStringSubmatch(j.draft.open("/console/policies/" + policy).text()); m != nil {
				shown = m[1] + " " + m[2]
			}
			return shown == want
		})
	}
	agree()
	change(2)
	agree()
	push := j.release(policy, true)
	await(t, func() string { return "the push is not planned" }, func() bool {
		return in.run("", "audience", "--push", push[strings.LastIndex(push, "/")+1:]).code == 0
	})
	change(3)
	if said := in.must("", "audience", "--push", push[strings.LastIndex(push, "/")+1:]); !strings.Contains(said, "逐字节一致") {
		t.Errorf("the audience of the push: %s", said)
	}
	pages.kill()
	change(4)
	in.start("web", in.url+"/readyz", "web")
	agree()
}

// coupons is for the residents of one town.
const coupons = "云川县人民政府办公室关于发放居民消费券的通知\n\n云政办发〔2026〕9号\n\n各乡镇：\n\n一、对沙渡镇居民，每人发放消费券100元。\n\n二、本通知自2026年12月1日起施行，有效期至2027年12月31日。\n\n云川县人民政府办公室\n2026年11月20日\n"

// preview is how many the page of a policy says that a push would tell.
var preview = regexp.MustCompile(`受众：\s*([\d,]+)\s*适用可能性高，\s*([\d,]+)\s*可能适用`)

// process is one part of an installation.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	ended chan struct{}
}

// start runs a part until the test ends, and returns when it is ready.
func (in *installation) start(name, ready string, args ...string) *process {
	in.t.Helper()
	log := in.file(name+".log", "")
	out, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		in.t.Fatal(err)
	}
	p := &process{t: in.t, cmd: exec.Command(binary(in.t), append(args, "--config", in.config)...), ended: make(chan struct{})}
	p.cmd.SysProcAttr = dieWithTest()
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // killed, or asked to end with the test
		_ = out.Close()
		close(p.ended)
	}()
	in.t.Cleanup(p.kill)
	await(in.t, func() string {
		text, _ := os.ReadFile(log) // what there is helps
		return name + " is not ready:\n" + string(text)
	}, func() bool {
		resp, err := http.Get(ready)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return p
}

// kill ends a process at once, as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended already
	<-p.ended
}
