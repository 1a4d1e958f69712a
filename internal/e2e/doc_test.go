// Package e2e holds the tests that start the real binary between real peers:
// Kannel with its fake message centre, an SMTP server, PostgreSQL,
// redis-server and Chromium. They use it as people do, through the command
// line, the pages and the gateways, and look at what came out at the far ends.
//
// POLICYPUSH_BIN is the binary that is started; without it the test builds one.
package e2e
