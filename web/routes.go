package web

import (
	"github.com/gofiber/fiber/v2"
)

// importPath takes the large bodies, see bodyLimit.
const importPath = "/console/import"

// routes is the list of everything that this site answers.
func (s *Server) routes() {
	a := s.app

	// Machines
	a.Get("/healthz", s.healthz)
	a.Get("/readyz", s.readyz)
	a.Get("/robots.txt", s.robots)
	a.Get("/static/*", s.assets.serve)
	a.Get("/callback/sms/:secret/report", s.smsReport)
	a.Get("/callback/sms/:secret/reply", s.smsReply)

	// One-click 退订 of mail programs (RFC 8058): no cookie, no form token.
	a.Get("/u/:token", s.unsubscribePage)
	a.Post("/u/:token", s.limit(60), s.unsubscribe)

	a.Use(s.checkCSRF)

	// Portal, open to everybody
	a.Get("/", s.home)
	a.Get("/policies", s.library)
	a.Get("/policies/:id<int>", s.policy)
	a.Post("/policies/:id<int>/ask", s.limit(10), s.ask)
	a.Get("/display", s.display)
	a.Get("/privacy", s.privacy)
	a.Get("/accessibility", s.accessibility)

	// Subscription in three steps
	a.Get("/subscribe", s.subscribeWho)
	a.Post("/subscribe", s.limit(30), s.saveWho)
	a.Get("/subscribe/topics", s.subscribeWhat)
	a.Post("/subscribe/topics", s.limit(30), s.saveWhat)
	a.Get("/subscribe/channels", s.subscribeHow)
	a.Post("/subscribe/channels", s.limit(10), s.saveHow)
	a.Get("/subscribe/verify", s.subscribeVerify)
	a.Post("/subscribe/verify", s.limit(20), s.verifyContact)
	a.Get("/subscribe/existing", s.subscribeExisting)
	a.Post("/subscribe/existing", s.limit(20), s.chooseExisting)
	a.Get("/subscribe/done", s.signedIn, s.subscribeDone)

	// Signing in
	a.Get("/login", s.loginPage)
	a.Post("/login", s.limit(10), s.login)
	a.Get("/login/code", s.loginCodePage)
	a.Post("/login/code", s.limit(20), s.loginCode)
	a.Get("/login/choose", s.loginChoosePage)
	a.Post("/login/choose", s.limit(20), s.loginChoose)
	a.Post("/logout", s.logout)

	// A subscriber's own pages
	me := a.Group("/me", s.signedIn)
	me.Get("/", s.me)
	me.Get("/policies", s.myPolicies)
	me.Get("/profile", s.myProfile)
	me.Post("/profile", s.saveProfile)
	me.Get("/topics", s.myTopics)
	me.Post("/topics", s.saveTopics)
	me.Post("/pause", s.pause)
	me.Post("/contacts", s.limit(10), s.addContact)
	me.Get("/contacts/verify", s.contactCodePage)
	me.Post("/contacts/verify", s.limit(20), s.contactCode)
	me.Post("/contacts/:id<int>", s.changeContact)
	me.Get("/export", s.export)
	me.Get("/delete", s.deletePage)
	me.Post("/delete", s.deleteMe)

	inbox := a.Group("/inbox", s.signedIn)
	inbox.Get("/", s.inbox)
	inbox.Get("/events", s.inboxEvents)
	inbox.Get("/:push<int>", s.openItem)
	inbox.Post("/:push<int>/dismiss", s.dismiss)
	inbox.Post("/:push<int>/stop", s.stopFromInbox)
	inbox.Post("/read", s.readAll)

	a.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
}
