// Package demo holds a fictional county, 云川县, for people who try the product
// out: an office, two operators, six policies with interpretations, 3,000
// enterprises and 8,000 residents. Places, people, documents and figures are
// invented; addresses end in names that mail cannot reach, and no channel
// sends before somebody configures it.
//
// Everything carries the demo flag and goes away with storage's RemoveDemo. A
// [Loader] refuses a database that real people already use.
package demo

import (
	"embed"
	"io/fs"
)

//go:embed rules policies
var files embed.FS

// The two operators of the demonstration and their password. They exist only
// where the demonstration is loaded.
const (
	DrafterLogin  = "demo-drafter"
	ApproverLogin = "demo-approver"
	Password      = "yunchuan-demo"
)

// The county and the city above it, in codes that no real place has.
const (
	County     = "339901"
	OfficeName = "云川县政务公开办"
)

// Rules returns the rules that make the county known, for rules.LoadFS.
func Rules() fs.FS {
	sub, err := fs.Sub(files, "rules")
	if err != nil { // the name is a constant
		panic(err)
	}
	return sub
}
