package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const distPolicy = `云川县人民政府办公室关于支持小微企业稳岗的通知
云政办发〔2026〕12号
各乡镇人民政府,县政府各部门:
为稳定就业,经县政府同意,现就有关事项通知如下:
一、发放稳岗补贴。对不裁员的小微企业给予一次性5000元补贴,申报截止2026年12月15日前。
云川县人民政府办公室
2026年3月1日
`

// TestDistRunsWithoutGo proves that the archive of make dist runs on a machine
// that has neither Go nor the module cache.
func TestDistRunsWithoutGo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and an archive of it")
	}
	dir := t.TempDir()
	build := exec.Command("../../internal/tools/dist.sh")
	build.Env = append(os.Environ(), "DIST="+dir, "VERSION=test")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("dist.sh: %v\n%s", err, out)
	}
	archives, err := filepath.Glob(filepath.Join(dir, "policypush-test-linux-*.tar.gz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("archives: %v, %v", archives, err)
	}
	if out, err := exec.Command("tar", "-xzf", archives[0], "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	root := strings.TrimSuffix(archives[0], ".tar.gz")
	for _, name := range []string{"policypush", "LICENSE", "dict/jieba.dict.utf8", "dict/LICENSE"} {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Errorf("the archive lacks %s: %v", name, err)
		}
	}
	file := filepath.Join(dir, "通知.txt")
	if err := os.WriteFile(file, []byte(distPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	// analyze runs the program in an environment that knows nothing of Go.
	analyze := func() (stdout, stderr string, err error) {
		cmd := exec.Command(filepath.Join(root, "policypush"), "analyze", "--json", file)
		cmd.Env = []string{"PATH=/nonexistent"}
		cmd.Dir = dir
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err = cmd.Run()
		return out.String(), errs.String(), err
	}

	t.Run("it reads a policy", func(t *testing.T) {
		out, errs, err := analyze()
		if err != nil {
			t.Fatalf("analyze: %v\n%s%s", err, out, errs)
		}
		var got struct {
			Title     string `json:"title"`
			DocNumber string `json:"doc_number"`
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if got.Title != "云川县人民政府办公室关于支持小微企业稳岗的通知" || got.DocNumber != "云政办发〔2026〕12号" {
			t.Errorf("it understood %+v", got)
		}
	})
	t.Run("without its dictionary it says what is missing", func(t *testing.T) {
		if err := os.Rename(filepath.Join(root, "dict"), filepath.Join(root, "gone")); err != nil {
			t.Fatal(err)
		}
		out, errs, err := analyze()
		if err == nil {
			t.Fatalf("it goes on without a dictionary: %s", out)
		}
		if !strings.Contains(errs, "找不到分词词典") || !strings.Contains(errs, filepath.Join(root, "dict")) || strings.Contains(errs, "goroutine") {
			t.Errorf("it says %s", errs)
		}
	})
}
