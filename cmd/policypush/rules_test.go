package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRulesCheck(t *testing.T) {
	good, bad := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(good, "divisions.yaml"): `meta: {id: divisions}
items: [{code: "339900", name: 云州市, level: city, parent: "330000"}]
`,
		filepath.Join(bad, "jargon.yaml"): `meta: {id: jargon}
items:
  - {code: J99, name: 甲, plain: 乙, themes: [Q99]}
  - {code: J98, name: 丙}
`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	place := filepath.Join(bad, "jargon.yaml")
	for name, tt := range map[string]struct {
		args []string
		out  string
		err  error
	}{
		"a good folder":         {[]string{good}, good + " 检查通过\n", nil},
		"a good folder as JSON": {[]string{good, "--json"}, "", nil},
		"a bad folder": {
			[]string{bad},
			place + ":3: themes：没有代码为“Q99”的主题，请检查或先补上它\n" + place + ":4: items：缺少“plain”\n", errReported,
		},
		"a bad folder as JSON": {
			[]string{"--json", bad},
			`{"file":"` + place + `","line":3,"field":"themes","message":"没有代码为“Q99”的主题，请检查或先补上它"}` + "\n" +
				`{"file":"` + place + `","line":4,"field":"items","message":"缺少“plain”"}` + "\n", errReported,
		},
		"no folder":         {nil, "", errUsage{"请给出一个规则文件夹"}},
		"two folders":       {[]string{good, bad}, "", errUsage{"请给出一个规则文件夹"}},
		"an unknown option": {[]string{"--fast", good}, "", errUsage{"选项有误"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			err := runRulesCheck(t.Context(), stdio{strings.NewReader(""), &out, &errs}, tt.args)
			if out.String() != tt.out || !errors.Is(err, tt.err) {
				t.Errorf("got %v, %s, want %v, %s", err, &out, tt.err, tt.out)
			}
		})
	}
	err := runRulesCheck(t.Context(), stdio{strings.NewReader(""), os.Stdout, os.Stderr}, []string{filepath.Join(good, "missing")})
	if err == nil || !strings.Contains(err.Error(), "没有规则文件夹") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
