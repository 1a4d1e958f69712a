package channel

import (
	"fmt"
	"strings"

	"github.com/skip2/go-qrcode"
)

// Code draws a text as a code to scan, a picture of SVG in black and white: one
// path, each row's runs together.
func Code(text string) (string, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return "", fmt.Errorf("code to scan: %w", err)
	}
	modules := code.Bitmap()
	n := len(modules)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path d="`, n, n, n, n)
	for y, row := range modules {
		for x := 0; x < len(row); {
			run := 0
			for x+run < len(row) && row[x+run] {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, run, run)
			}
			x += max(run, 1)
		}
	}
	b.WriteString(`" fill="#000"/></svg>`)
	return b.String(), nil
}
