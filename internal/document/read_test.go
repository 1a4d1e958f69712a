package document

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"policypush/internal/domain"
)

const noticeText = "云川县税务局关于减征契税的公告\n为支持居民购房，现公告如下：\n一、首套住房减按1%征收契税。\n云川县税务局\n2026年1月8日\n"

func TestEncodings(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(noticeText)
	if err != nil {
		t.Fatal(err)
	}
	le, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(noticeText)
	if err != nil {
		t.Fatal(err)
	}
	be, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(noticeText)
	if err != nil {
		t.Fatal(err)
	}
	want := mustRead(t, "a.txt", noticeText).Text
	for name, tt := range map[string]struct{ data, note string }{
		"UTF-8 with a mark":         {"\xEF\xBB\xBF" + noticeText, ""},
		"GB18030":                   {gb, "已从GB18030转换"},
		"UTF-16, little end first":  {le, "已从UTF-16转换"},
		"UTF-16, big end first":     {be, "已从UTF-16转换"},
		"UTF-8 with a broken byte":  {strings.Replace(noticeText, "\n", "\xff\n", 1), "略去了1个不能识别的字节"},
		"UTF-8 that was cut off":    {noticeText[:len(noticeText)-1] + "\xe4\xba", "略去了"},
		"a NUL among much text":     {strings.Replace(noticeText, "\n", "\x00\n", 1), ""},
		"line ends of another time": {strings.ReplaceAll(noticeText, "\n", "\r\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := mustRead(t, "a.txt", tt.data)
			if d.Text != want {
				t.Errorf("text is\n%s\nwant\n%s", d.Text, want)
			}
			if got := strings.Join(d.Notes, ";"); !strings.HasPrefix(got, tt.note) || tt.note == "" && got != "" {
				t.Errorf("notes are %q, want %q", got, tt.note)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	small := DefaultLimits()
	small.MaxBytes, small.MaxText = 1000, 100
	ole := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600)
	for name, tt := range map[string]struct {
		file, data, want string
		lim              Limits
	}{
		"an empty file":                  {"a.txt", "", "文件是空的", DefaultLimits()},
		"only blanks":                    {"a.txt", " \n\t\n", "文件是空的", DefaultLimits()},
		"only invisible characters":      {"a.txt", "\u200b\u200b\n", "没有文字", DefaultLimits()},
		"a program":                      {"a.txt", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 64), "二进制", DefaultLimits()},
		"a picture":                      {"a.pdf", "\x89PNG\r\n\x1a\n0000", "文字识别", DefaultLimits()},
		"an old Word file":               {"a.doc", ole, "另存为docx", DefaultLimits()},
		"an old Word file named docx":    {"a.docx", ole, "另存为docx", DefaultLimits()},
		"a WPS file":                     {"a.wps", ole, "WPS", DefaultLimits()},
		"an encrypted docx":              {"a.docx", ole + string(utf16Name("EncryptedPackage")), "密码", DefaultLimits()},
		"rich text":                      {"a.doc", "{\\rtf1 }", "RTF", DefaultLimits()},
		"an OFD by its name":             {"a.ofd", "abc", "内容却不是", DefaultLimits()},
		"text named docx":                {"a.docx", "政策", "内容却不是", DefaultLimits()},
		"text named pdf":                 {"a.pdf", "政策", "内容却不是", DefaultLimits()},
		"a broken zip named docx":        {"a.docx", "PK\x03\x04 broken", "docx文件已损坏", DefaultLimits()},
		"a broken zip":                   {"a.zip", "PK\x03\x04 broken", "压缩包已损坏", DefaultLimits()},
		"a rar":                          {"a.rar", "Rar!\x1a\x07", "解压", DefaultLimits()},
		"too many bytes":                 {"a.txt", strings.Repeat("政", 400), "超过上限1.0KB（设置document.max_mb）", small},
		"too much text":                  {"a.txt", strings.Repeat("政策。", 40), "超过上限100字（设置document.max_text）", small},
		"a legacy Japanese or other set": {"a.txt", strings.Repeat("\x80\x81\xff\xfe\x80", 30), "编码不是UTF-8", DefaultLimits()},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(tt.file, []byte(tt.data), tt.lim)
			shown, ok := errors.AsType[*domain.Error](err)
			if !ok || shown.Kind != domain.Invalid || shown.File != tt.file || !strings.Contains(shown.Text, tt.want) {
				t.Errorf("error is %v, want %q for %s", err, tt.want, tt.file)
			}
		})
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "公告.txt")
	if err := os.WriteFile(path, []byte(noticeText), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := ReadFile(path, DefaultLimits())
	if err != nil || d.Name != path || d.Format != "txt" || len(d.SHA256) != 64 {
		t.Errorf("read %+v, %v", d, err)
	}
	// A sparse file costs no disk; it must be refused without being read.
	large := filepath.Join(dir, "large.txt")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 200<<20); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{large: "文件有200.0MB，超过上限64.0MB", dir: "不是文件", filepath.Join(dir, "none"): "没有这个文件"} {
		if _, err := ReadFile(path, DefaultLimits()); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: error is %v, want %q", path, err, want)
		}
	}
}

func TestContentComesBeforeTheName(t *testing.T) {
	for name, tt := range map[string]struct{ file, data, want string }{
		"a page without an ending": {"policy", "<!DOCTYPE html><p>政策</p>", "html"},
		"a page named txt":         {"a.txt", "<html><p>政策</p>", "html"},
		"text without an ending":   {"policy", "政策", "txt"},
		"an unknown ending":        {"policy.2026", "政策", "txt"},
		"Markdown":                 {"a.MD", "# 政策", "md"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustRead(t, tt.file, tt.data).Format; got != tt.want {
				t.Errorf("format is %s, want %s", got, tt.want)
			}
		})
	}
	d, err := FromText("粘贴", "<html>不是网页</html>\n一、正文")
	if err != nil || d.Format != "txt" || !strings.Contains(d.Text, "<html>") {
		t.Errorf("typed text is read as %+v, %v", d, err)
	}
}
