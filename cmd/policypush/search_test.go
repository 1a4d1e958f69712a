package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// searchIn runs the command and returns its exit code, lines and errors.
func searchIn(t *testing.T, dir, cache, questions string, more ...string) (int, []finding, string) {
	t.Helper()
	var out, errs bytes.Buffer
	args := append([]string{"search", "--dir", dir, "--cache", cache, "--json"}, more...)
	code := run(t.Context(), args, stdio{strings.NewReader(questions), &out, &errs})
	var all []finding
	for line := range strings.Lines(out.String()) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, f)
	}
	return code, all, errs.String()
}

func TestSearchFolder(t *testing.T) {
	dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "cache")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("fund.txt", "云川县残疾人就业保障金征收办法\n第一条 用人单位应当缴纳残疾人就业保障金。\n第二条 三十人以下的企业暂免征收。\n")
	write("sub/bus.md", "# 云川县老年人优待办法\n\n一、七十周岁以上老年人免费乘坐公共汽车。\n")
	write("page.html", "<html><body><h1>云川县托育补助办法</h1><p>第一条 每收托一名婴幼儿每月补助三百元。</p></body></html>")
	write("notes.json", `{"残疾人就业保障金": 1}`)

	t.Run("answers every line in order", func(t *testing.T) {
		hostile := strings.Repeat("保障金🙂", 2500)
		code, all, errs := searchIn(t, dir, cache, "三十人以下企业要交残保金吗\r\n\n老人坐公共汽车免费吗\n"+hostile+"\n\"title:(\n托育每月补助多少", "--limit", "1")
		if code != 0 || len(all) != 6 {
			t.Fatalf("exit code %d, %d lines: %s", code, len(all), errs)
		}
		for i, want := range []string{"fund.txt 第二条", "", "sub/bus.md", "fund.txt", "", "page.html 第一条"} {
			got := ""
			if len(all[i].Results) > 0 {
				got = all[i].Results[0].File + " " + all[i].Results[0].Clause
			}
			if len(all[i].Results) > 1 || !strings.HasPrefix(got, want) || want == "" && got != "" {
				t.Errorf("%.40q: %q, want %q", all[i].Query, got, want)
			}
		}
		if all[3].Query != hostile || all[1].Results == nil || !strings.Contains(all[0].Results[0].Snippet, "三十人以下的企业") {
			t.Errorf("questions or snippets are not as they should be: %+v", all[0])
		}
	})
	t.Run("sees what has changed", func(t *testing.T) {
		write("fund.txt", "云川县殡葬服务办法\n第一条 火化免费。\n")
		if err := os.Remove(filepath.Join(dir, "sub", "bus.md")); err != nil {
			t.Fatal(err)
		}
		_, all, _ := searchIn(t, dir, cache, "火化要钱吗\n老年人免费乘坐公共汽车\n")
		if len(all) != 2 || all[0].Results[0].File != "fund.txt" {
			t.Fatalf("found %+v", all)
		}
		for _, r := range all[1].Results {
			if r.File == "sub/bus.md" {
				t.Error("a file that is gone was found")
			}
		}
	})
	t.Run("a file that cannot be read is named, the others are found", func(t *testing.T) {
		write("broken.pdf", "this is no PDF")
		code, all, errs := searchIn(t, dir, cache, "火化要钱吗\n")
		if code != 1 || !strings.Contains(errs, "broken.pdf") || len(all) != 1 || all[0].Results[0].File != "fund.txt" {
			t.Errorf("exit code %d, %s, %+v", code, errs, all)
		}
	})
	t.Run("people get lines", func(t *testing.T) {
		var out, errs bytes.Buffer
		run(t.Context(), []string{"search", "--dir", dir, "--cache", cache}, stdio{strings.NewReader("火化要钱吗\n飞碟\n"), &out, &errs})
		for _, want := range []string{"火化要钱吗\n", "fund.txt", "云川县殡葬服务办法", "没有找到"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("does not say %q:\n%s", want, out.String())
			}
		}
	})
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"without a folder":                     {nil, 2, "--dir"},
		"a folder that is not":                 {[]string{"--dir", filepath.Join(dir, "none")}, 1, "没有文件夹"},
		"questions that are not":               {[]string{"--dir", dir, "--queries", filepath.Join(dir, "none")}, 1, "打不开问题文件"},
		"a limit that is none":                 {[]string{"--dir", dir, "--limit", "0"}, 2, "--limit"},
		"a question on the line":               {[]string{"--dir", dir, "残保金"}, 2, "残保金"},
		"a place for the index that is a file": {[]string{"--dir", dir, "--cache", filepath.Join(dir, "fund.txt")}, 1, "broken.pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(t.Context(), append([]string{"search"}, tt.args...), stdio{strings.NewReader("火化\n"), &out, &errs})
			if code != tt.code || !strings.Contains(errs.String(), tt.says) {
				t.Errorf("exit code %d: %s", code, errs.String())
			}
		})
	}
}

// TestSearchFolderByNumber: a number leads to the file that bears it, not to one
// that speaks of it all the time.
func TestSearchFolderByNumber(t *testing.T) {
	dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "cache")
	for name, text := range map[string]string{
		"own.txt":    "云川县人民政府关于减轻企业负担的若干措施\n\n云政发〔2026〕18号\n\n" + strings.Repeat("各乡镇人民政府要加强领导，认真抓好落实，及时报告情况。\n", 40),
		"behind.txt": "云川县人民政府关于支持养老的若干措施（云政发〔2026〕21号）\n\n第一条 支持养老机构。\n",
		"cites.txt":  "关于落实若干措施的通知\n\n" + strings.Repeat("按照云政发〔2026〕18号和云政发〔2026〕21号要求办理，云政发〔2026〕18号另有规定的从其规定，云政发〔2026〕21号同。\n", 5),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, all, errs := searchIn(t, dir, cache, "云政发〔2026〕18号\n云政发[2026]18号讲什么\n云政发〔2026〕21号\n")
	if len(all) != 3 {
		t.Fatalf("%d answers: %s", len(all), errs)
	}
	for i, want := range []string{"own.txt", "own.txt", "behind.txt"} {
		if len(all[i].Results) == 0 || all[i].Results[0].File != want {
			t.Errorf("%s: %+v, want %s first", all[i].Query, all[i].Results, want)
		}
	}
}
