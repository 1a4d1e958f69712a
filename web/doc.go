// Package web is the site: the public portal, the console of the policy
// office, and the callbacks of gateways. Pages are rendered on the server from
// html/template and work without JavaScript; scripts only improve them.
//
// How it fits together: [New] makes the Fiber app; routes.go lists every
// route; a handler reads the request, calls the packages below with plain
// values and renders a page. A page is a struct that embeds [Page] and names
// its template; a test checks every template against its struct. Handlers
// return errors, and handleError is the one place that answers for them.
// *fiber.Ctx does not leave this package.
//
// Safety: every form carries a token bound to the session, cookies are
// SameSite=Lax and HttpOnly, the content security policy allows nothing
// inline, only hashes of session tokens are stored, and the log line of a
// request names its route, never its path or address.
package web
