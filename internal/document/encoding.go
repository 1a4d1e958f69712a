package document

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	textunicode "golang.org/x/text/encoding/unicode"

	"policypush/internal/domain"
)

// decode makes UTF-8 of a text file. The note says what was done, if anything.
func decode(data []byte) (text, note string, err *domain.Error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		text, ok := convert(data, textunicode.UTF16(textunicode.BigEndian, textunicode.UseBOM))
		if !ok {
			return "", "", notText()
		}
		return text, "已从UTF-16转换", nil
	}
	if isBinary(data) {
		return "", "", notText()
	}
	if utf8.Valid(data) {
		return string(data), "", nil
	}
	// A few broken bytes among many good ones are a damaged UTF-8 file.
	good, bad := 0, 0
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	if good > 10*bad {
		return strings.ToValidUTF8(string(data), ""), fmt.Sprintf("略去了%d个不能识别的字节，请核对原文", bad), nil
	}
	text, ok := convert(data, simplifiedchinese.GB18030)
	if !ok {
		return "", "", domain.Errorf(domain.Invalid, "文字编码不是UTF-8、GB18030或UTF-16，请用记事本另存为UTF-8")
	}
	return text, "已从GB18030转换", nil
}

func notText() *domain.Error {
	return domain.Errorf(domain.Invalid, "这是二进制文件，不是文字%s", readable)
}

// convert answers false if the result does not look like Chinese or English.
func convert(data []byte, enc encoding.Encoding) (string, bool) {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return "", false
	}
	text := string(out)
	known, strange := 0, 0
	for _, r := range text {
		switch {
		case r == utf8.RuneError || unicode.In(r, unicode.Co, unicode.Cc) && !unicode.IsSpace(r):
			strange++
		case r < utf8.RuneSelf || unicode.In(r, unicode.Han, unicode.P, unicode.S) || 0xFF00 <= r && r <= 0xFFEF:
			known++
		}
	}
	return text, known > 20*strange && known > utf8.RuneCountInString(text)/2
}

// isBinary tells whether there are more control characters than a text has by
// accident.
func isBinary(data []byte) bool {
	odd := 0
	for _, c := range data {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v' && c != 0x1A && c != 0x1B {
			odd++
		}
	}
	return odd*50 > len(data)
}
