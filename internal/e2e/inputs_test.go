package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// badInput is a file as offices send them, and what is said about it.
type badInput struct {
	name    string
	content []byte
	says    string // the reason, or a note about what was taken
	taken   bool
}

const plainPolicy = `云川县商务局关于支持农贸市场改造的通知

云商务〔2026〕9号

各有关单位：

一、对在云川县注册登记的农贸市场经营企业实施改造的，按实际投资额的20%给予补助，最高不超过50万元。

二、本通知自2026年12月1日起施行，有效期至2027年12月31日。

云川县商务局
2026年11月20日
`

func badInputs(t testing.TB) []badInput {
	t.Helper()
	policy := moveYears(plainPolicy)
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(strings.ReplaceAll(policy, "9号", "10号"))
	if err != nil {
		t.Fatal(err)
	}
	return []badInput{
		{"empty.txt", nil, "文件是空的", false},
		{"binary.txt", bytes.Repeat([]byte{0x00, 0xff, 0x13, 0x80, 0xfe}, 4000), "这是二进制文件", false},
		{"locked.pdf", encryptedPDF(), "PDF加了密码", false},
		{"broken.docx", []byte("PK\x03\x04 but no archive"), "docx文件已损坏，请用Word或WPS打开后重新保存\n", false},
		{"plain.txt", []byte(policy), "", true},
		{"gb18030.txt", []byte(gb), "GB18030", true},
		{"unnamed.txt", []byte("凡在云川县开办餐馆的，县里给予一次性补贴三千元，当年有效。\n"), "没有找到发文字号", true},
		{"title.txt", []byte(strings.ReplaceAll(policy, "9号", "11号")), "可能重复导入", true},
		{"again.txt", []byte(policy), fmt.Sprintf("云商务〔%s〕9号", moveYears("2026")), false},
	}
}

// encryptedPDF is a page behind a password.
func encryptedPDF() []byte {
	var b bytes.Buffer
	var at []int
	object := func(body string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), body)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>")
	object("<< /Filter /Standard /V 1 /R 2 /O <" + strings.Repeat("5a", 32) + "> /U <" + strings.Repeat("a5", 32) + "> /P -4 >>")
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	id := strings.Repeat("0f", 16)
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Encrypt 4 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, id, id, xref)
	return b.Bytes()
}

// TestBadInputOnTheCommandLine imports files that are wrong in every way with
// some that are not: each mistake is told with its file, and the rest goes on.
func TestBadInputOnTheCommandLine(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, nil)
	in.office()
	dir := t.TempDir()
	args := []string{"import", "--login", drafter}
	inputs := badInputs(t)
	for _, input := range inputs {
		path := filepath.Join(dir, input.name)
		if err := os.WriteFile(path, input.content, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	large := filepath.Join(dir, "large.txt")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 200<<20); err != nil { // it takes no room
		t.Fatal(err)
	}
	s := in.run("", append(args, large, filepath.Join(dir, "missing.docx"))...)
	if s.code != 1 {
		t.Errorf("import ended with %d:\n%s%s", s.code, s.out, s.err)
	}
	inputs = append(inputs, badInput{"large.txt", nil, "200.0MB，超过上限", false}, badInput{"missing.docx", nil, "没有这个文件", false})
	for _, input := range inputs {
		path := filepath.Join(dir, input.name)
		if draft := strings.Contains(s.out, path+"：已存为草稿"); draft != input.taken {
			t.Errorf("%s: saved as a draft is %v\n%s", input.name, draft, s.out)
		}
		if input.taken && input.says == "" {
			continue
		}
		if !saysOf(s.err, path, input.says) {
			t.Errorf("%s: its line should say “%s”:\n%s", input.name, input.says, s.err)
		}
	}
	if strings.Contains(s.err, "goroutine") {
		t.Errorf("it panicked:\n%s", s.err)
	}
}

// TestBadInputInTheConsole does the same with an upload of many files: the page
// says what became of each, and keeps what was typed.
func TestBadInputInTheConsole(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, nil)
	in.office()
	in.serve()
	j := &journey{t: t, in: in}
	b := j.signIn(drafter, drafterPassword)
	inputs := badInputs(t)
	var files []upload
	for _, input := range inputs {
		files = append(files, upload{"files", input.name, input.content})
	}
	b.open("/console/import").send("/console/import", nil, files...).says("导入结果")
	results := b.list("results")
	if len(results) != len(inputs) {
		t.Fatalf("%d files have %d results:\n%s", len(inputs), len(results), b.text())
	}
	for i, input := range inputs {
		text := textOf(results[i].node)
		if taken := inClass(results[i].node, "ok"); taken != input.taken || !strings.Contains(text, input.name) || !strings.Contains(text, strings.TrimSpace(input.says)) {
			t.Errorf("%s should be taken (%v) and say “%s”: %s", input.name, input.taken, input.says, text)
		}
	}
	typed := "凡在云川县开办餐馆的，县里给予一次性补贴三千元，当年有效。"
	b.send("/console/import", fill{"text": {typed}}).says("没有认出标题、发文字号")
	b.open("/console/import").send("/console/import", fill{"text": {moveYears(plainPolicy)}}).refuses("已被", "农贸市场改造")
	if got := b.controls(b.formOf(b.buttonTo("/console/import")))["text"]; len(got) != 1 || !strings.Contains(got[0], "农贸市场改造") {
		t.Errorf("what was typed is lost: %q", got)
	}
	b.open("/console/import").send("/console/import", nil, upload{"files", "large.txt", make([]byte, 70<<20)}).refuses("64MB")
}

// saysOf tells whether a line about the file holds the words.
func saysOf(text, file, words string) bool {
	for line := range strings.Lines(text) {
		if strings.Contains(line, file) && strings.Contains(line, words) {
			return true
		}
	}
	return false
}
