//go:build lighthouse

package e2e

import "testing"

// TestLighthouse measures pages, see make lighthouse.
func TestLighthouse(t *testing.T) {
	in := newInstallation(t, nil)
	in.serve("--demo")
	in.drive(t, "../tools/lighthouse/lighthouse.test.mjs")
}
