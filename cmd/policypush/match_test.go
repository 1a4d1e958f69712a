package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMatchAnswersEveryPair runs the command on a policy and three profiles,
// one of which names an unknown code.
func TestMatchAnswersEveryPair(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.txt")
	profiles := filepath.Join(dir, "profiles.jsonl")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(policy, "绍兴市柯桥区人民政府关于支持小微企业的通知\n\n柯政发〔2026〕9号\n\n各镇人民政府:\n\n一、经营补助\n\n对在本区注册的制造业小微企业,给予一次性5000元补助。\n\n绍兴市柯桥区人民政府\n2026年5月6日\n")
	write(profiles, `{"id":"E1","kind":"enterprise","region":"330603","industry":"C34","size":"small"}
{"id":"E2","kind":"enterprise","region":"330603","industry":"C34"}
{"id":"E3","kind":"enterprise","region":"330604","industry":"C34","size":"small"}
{"id":"E4","kind":"enterprise","region":"330603","industry":"Z99"}
`)
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"match", "--json", "--as-of", "2026-11-22", "--profiles", profiles, policy}, stdio{strings.NewReader(""), &out, &errs})
	if code != 1 || !strings.Contains(errs.String(), "第4行") || !strings.Contains(errs.String(), "industry") {
		t.Errorf("exit code %d with %q, want 1 and the line and field of the unknown code", code, errs.String())
	}
	verdicts := map[string]string{}
	for line := range strings.Lines(out.String()) {
		var p struct {
			Profile, Verdict string
			Measures         []struct{ Ask []string }
		}
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		verdicts[p.Profile] = p.Verdict
		if p.Profile == "E2" && (len(p.Measures) != 1 || len(p.Measures[0].Ask) == 0) {
			t.Errorf("E2 is not asked for what is missing: %+v", p.Measures)
		}
	}
	for profile, want := range map[string]string{"E1": "likely", "E2": "possible", "E3": "no"} {
		if verdicts[profile] != want {
			t.Errorf("%s: %s, want %s", profile, verdicts[profile], want)
		}
	}
}
