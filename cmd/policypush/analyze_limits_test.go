package main

import (
	"testing"

	"policypush/internal/config"
	"policypush/internal/document"
)

// TestLimitsOfDocumentsAreTheDefaults keeps the commands that read no settings
// in step with those that do.
func TestLimitsOfDocumentsAreTheDefaults(t *testing.T) {
	if got := documentLimits(config.Defaults().Document); got != document.DefaultLimits() {
		t.Errorf("settings give %+v, a document takes %+v", got, document.DefaultLimits())
	}
}
