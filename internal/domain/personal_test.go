package domain_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"policypush/internal/domain"
)

func TestMaskPersonal(t *testing.T) {
	for text, want := range map[string]string{
		"设备补贴要到什么时候申报？":                 "设备补贴要到什么时候申报？",
		"2026年12月31日前申报，最高300万元":        "2026年12月31日前申报，最高300万元",
		"云政办发〔2026〕31号第三条怎么理解":          "云政办发〔2026〕31号第三条怎么理解",
		"我打13800138000没人接":              "我打【手机号】没人接",
		"打+86 138-0013-8000":            "打【手机号】",
		"我打１３８００１３８０００没人接":              "我打【手机号】没人接",
		"座机0570-1234567":                "座机【电话】",
		"身份证330802199003071234":         "身份证【身份证号】",
		"身份证33080219900307123x":         "身份证【身份证号】",
		"身份证330802 19900307 1234":       "身份证【身份证号】",
		"代码91330800MA27ABCD1X的企业":       "代码【信用代码】的企业",
		"卡号6222 0012 3456 7890 123":     "卡号【账号】",
		"发到lin.xiao@example.gov.cn":     "发到【邮箱】",
		"加微信lin_xiao88":                 "加微信【号码】",
		"QQ号：12345678":                  "QQ号：【号码】",
		"车是浙H·12345":                    "车是【车牌】",
		"我叫王小明，想问补贴":                    "我叫某某，想问补贴",
		"我叫王小明13800138000":              "我叫某某【手机号】",
		"请问李主任在吗":                       "请问某主任在吗",
		"我是欧阳小明，今年65岁":                  "我是某某，今年65岁",
		"33080220000307151813800138000": "【身份证号】【手机号】",
	} {
		got, kinds := domain.MaskPersonal(text)
		if got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", text, got, want)
		}
		if (len(kinds) > 0) != (want != text) {
			t.Errorf("%s: kinds %q", text, kinds)
		}
	}
	if _, kinds := domain.MaskPersonal("我叫王小明，13800138000或13900139000"); !slices.Equal(kinds, []string{"姓名", "手机号"}) {
		t.Errorf("kinds are %q", kinds)
	}
}

func FuzzMaskPersonal(f *testing.F) {
	for _, text := range []string{"", "我叫王小明，电话１３８0013８000。", "91330800MA27ABCD1X13800138000", "a@b.cc@d.ee", "李王张先生\x00浙H12345", "\xff6222001234567890123\xe4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, p := range domain.FindPersonal(text) {
			if p.Start < last || p.End <= p.Start || p.End > len(text) {
				t.Fatalf("%q: %+v after %d", text, p, last)
			}
			last = p.End
		}
		masked, _ := domain.MaskPersonal(text)
		if utf8.ValidString(text) && !utf8.ValidString(masked) {
			t.Fatalf("%q becomes %q", text, masked)
		}
		for _, p := range domain.FindPersonal(masked) {
			if strings.Contains("身份证号 银行账号 手机号 电话 邮箱", p.Kind) {
				t.Fatalf("%q becomes %q, which still holds %s", text, masked, p.Kind)
			}
		}
	})
}
