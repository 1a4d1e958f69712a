package web

import (
	"fmt"
	"html/template"
)

// icons are drawn on a square of 24 with lines of the colour of the text, see
// the class i.
var icons = map[string]template.HTML{
	"bell":   `<path d="M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5a2.2 2.2 0 0 0 4 0"/>`,
	"search": `<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
	"menu":   `<path d="M4 7h16M4 12h16M4 17h16"/>`,
	"check":  `<circle cx="12" cy="12" r="9"/><path d="m8 12.4 2.8 2.8L16.2 9.4"/>`,
	"ask":    `<circle cx="12" cy="12" r="9"/><path d="M9.6 9.6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.7v.3M12 16.8v.1"/>`,
	"no":     `<circle cx="12" cy="12" r="9"/><path d="m9 9 6 6M15 9l-6 6"/>`,
	"share":  `<path d="M12 15V4M8 7.5 12 3.6l4 3.9M5 12v7.5h14V12"/>`,
	"print":  `<path d="M7 9V4h10v5M7 17H4.5v-7h15v7H17M7 14h10v6H7z"/>`,
	"down":   `<path d="M12 4v11M8 11.4l4 3.9 4-3.9M5 20h14"/>`,
	"chev":   `<path d="m6 9.5 6 6 6-6"/>`,
	"phone":  `<path d="M6 4h3.5l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5V18a2 2 0 0 1-2 2A14 14 0 0 1 4 6a2 2 0 0 1 2-2z"/>`,
	"pin":    `<path d="M12 21s6.5-6.2 6.5-11a6.5 6.5 0 0 0-13 0c0 4.8 6.5 11 6.5 11z"/><circle cx="12" cy="10" r="2.3"/>`,
	"web":    `<rect x="3.5" y="5" width="17" height="12" rx="1.5"/><path d="M9 20.5h6M12 17v3.5"/>`,
	"star":   `<path d="m12 4 2.4 5 5.4.7-4 3.8 1 5.4-4.8-2.6L7.2 19l1-5.4-4-3.8 5.4-.7z"/>`,
	"shield": `<path d="M12 3.5 5 6v5.5c0 4.3 2.9 7.6 7 9 4.100-1.400 7-4.700 7-9V6z"/><path d="m9 12 2.200 2.200L15.200 10"/>`,
	"user":   `<circle cx="12" cy="8.500" r="3.700"/><path d="M4.800 20a7.300 7.300 0 0 1 14.400 0"/>`,
	"home":   `<path d="m4 11 8-7 8 7v9h-5.500v-5.500h-5V20H4z"/>`,
	"doc":    `<path d="M6 3.500h8l4.500 4.500v12.500H6zM14 3.500V8h4.500M9 12.500h6.500M9 16h6.500"/>`,
	"chart":  `<path d="M4 20h16M7 20v-7M12 20V5M17 20v-10"/>`,
	"send":   `<path d="m20.500 4-8 16.500-2.700-6.800L3 11z"/><path d="m9.800 13.700 4.700-4.200"/>`,
	"chat":   `<path d="M4 5h16v11h-9l-4.500 3.700V16H4z"/>`,
	"users":  `<circle cx="9" cy="8.500" r="3.200"/><path d="M3 19.500a6 6 0 0 1 12 0M15.500 5.600a3.200 3.200 0 0 1 0 5.800M17.500 14a6 6 0 0 1 3.500 5.500"/>`,
	"gear":   `<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M5.600 18.400l2.100-2.100M16.300 7.700l2.100-2.100"/>`,
	"pause":  `<path d="M8.500 5v14M15.500 5v14"/>`,
	"retry":  `<path d="M19.500 12a7.500 7.500 0 1 1-2.300-5.400L19.500 9M19.500 4.500V9H15"/>`,
	"warn":   `<path d="M12 4 2.800 19.500h18.400zM12 10v4.500M12 17v.1"/>`,
	"edit":   `<path d="m5 19 1-4L16 5l3 3L9 18zM14 7l3 3"/>`,
	"plus":   `<path d="M12 5v14M5 12h14"/>`,
	"clock":  `<circle cx="12" cy="12" r="8.500"/><path d="M12 7v5.300l3.500 2"/>`,
}

// icon returns what an icon consists of. It stands in the page where it is
// shown: a drawing that is used from elsewhere is copied by the browser with
// all its styles, which costs more than its few bytes. A name that is not
// there is a mistake in a template and fails its rendering.
func icon(name string) (template.HTML, error) {
	drawn, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q", name)
	}
	return drawn, nil
}
