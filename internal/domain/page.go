package domain

// PageForm is what a page is turned into for those who want a file.
type PageForm string

// The forms.
const (
	// PNG is a picture of the whole page, 750 pixels wide: a phone's 375 at the
	// double density.
	PNG PageForm = "png"
	// Card is the picture of a shared link, 1200 by 630 pixels, as Open Graph
	// has it: what a page has beyond that is cut off.
	Card PageForm = "card"
	// PDF is tagged and on A4, on as many sheets as the page fills.
	PDF PageForm = "pdf"
	// Sheet is a PDF on one sheet of A4: what would not fit is made smaller.
	Sheet PageForm = "sheet"
)
