package search

import "testing"

// TestPlaceOfAddressees: a document for the whole country, which is sent to
// Xinjiang's corps among others, is not of another place.
func TestPlaceOfAddressees(t *testing.T) {
	w := lexicon(t).words
	asked := w.rules.PlacesIn("甘肃省")[0].Places
	for text, want := range map[string]float64{
		"各省、自治区、直辖市财政厅，新疆生产建设兵团财政局：": 0, "新疆维吾尔自治区财政厅：": -1, "甘肃省财政厅，新疆生产建设兵团财政局：": 1,
	} {
		if got := w.place(asked, &Entry{Title: "关于资金的通知", Passages: []Passage{{Clause, "1", text}}}); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
