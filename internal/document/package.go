package document

import (
	"archive/zip"
	"encoding/xml"
	"io"
	"path"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// newXML decodes a part of a packed file. Programs write UTF-8, UTF-16 with a mark
// before it, and GB18030 under its three names.
func newXML(r io.Reader) *xml.Decoder {
	d := xml.NewDecoder(transform.NewReader(r, textunicode.BOMOverride(encoding.Nop.NewDecoder())))
	d.CharsetReader = func(name string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(name) {
		case "gbk", "gb2312", "gb18030":
			return simplifiedchinese.GB18030.NewDecoder().Reader(in), nil
		}
		return in, nil // the mark told
	}
	return d
}

// related are the parts that a part of an Office file names, by the last word of
// their kind: officeDocument, styles. The empty part is the file as a whole. What
// cannot be read names none.
func related(z *zip.Reader, part string, left *int64) map[string]string {
	folder, name := path.Split(part)
	found := map[string]string{}
	f := fileOf(z, folder+"_rels/"+name+".rels")
	if f == nil {
		return found
	}
	r, err := f.Open()
	if err != nil {
		return found
	}
	defer r.Close()
	d := newXML(capped{r, left})
	for {
		token, err := d.Token()
		if err != nil {
			return found
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "Relationship" {
			found[path.Base(value(e, "Type"))] = strings.TrimPrefix(place("/"+folder, value(e, "Target")), "/")
		}
	}
}

// fileOf finds a part by its name.
func fileOf(z *zip.Reader, name string) *zip.File {
	for _, f := range z.File {
		if f.Name == name {
			return f
		}
	}
	return nil
}
