package tagging

import (
	"strings"

	"policypush/internal/automaton"
)

// areaCode is that of a telephone number: 028-86000000.
var areaCode = automaton.MustCompile(`(?:^|[^\d-])\(?(0\d{2,3})[)-]{1,2}\d{7,8}`)

// phoneProvinces are the provinces by the beginnings of their area codes. Cities of the state have
// no offices of a province.
var phoneProvinces = map[string]string{
	"031": "130000", "032": "130000", "033": "130000", "034": "140000", "035": "140000", "037": "410000", "039": "410000",
	"024": "210000", "041": "210000", "042": "210000", "043": "220000", "045": "230000", "046": "230000",
	"025": "320000", "051": "320000", "052": "320000", "053": "370000", "054": "370000", "063": "370000", "055": "340000", "056": "340000",
	"057": "330000", "058": "330000", "059": "350000", "020": "440000", "066": "440000", "075": "440000", "076": "440000",
	"027": "420000", "071": "420000", "072": "420000", "073": "430000", "074": "430000", "070": "360000", "079": "360000",
	"028": "510000", "081": "510000", "082": "510000", "083": "510000", "085": "520000", "087": "530000", "088": "530000", "069": "530000",
	"029": "610000", "091": "610000", "093": "620000", "094": "620000", "097": "630000", "0898": "460000",
}

// provinceByPhone is the code of the only province in which the telephones of a text stand, "" if
// there is none or several: 省科技厅 says no more of whose it is.
func provinceByPhone(text string) string {
	only := ""
	for _, m := range areaCode.FindAllStringSubmatchIndex(text, -1) {
		area := text[m[2]:m[3]]
		code := cmpEmpty(phoneProvinces[area], phoneProvinces[area[:3]])
		if code == "" || only != "" && !strings.HasPrefix(code, only) {
			return ""
		}
		only = code
	}
	return only
}
