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
	a.Get("/callback/sms/:secret/report", s.gateways, s.smsReport)
	a.Get("/callback/sms/:secret/reply", s.gateways, s.smsReply)
	a.Post("/callback/sms/:secret/:provider/:what<regex(report|reply)>", s.gateways, s.smsPosted)

	// One-click 退订 of mail programs (RFC 8058): no cookie, no form token.
	a.Get("/u/:token", s.unsubscribePage)
	a.Post("/u/:token", s.limit(60), s.unsubscribe)

	a.Use(s.checkCSRF)

	// Portal, open to everybody
	a.Get("/", s.home)
	a.Get("/policies", s.library)
	a.Get("/policies/:id<int>", s.policy)
	a.Get("/policies.atom", s.feed)
	a.Get("/policies/:id<int>/deadlines.ics", s.calendar)
	a.Get("/policies/:id<int>/onepage", s.onePage)
	a.Get("/policies/:id<int>/check", s.checkPage)
	a.Post("/policies/:id<int>/check", s.limit(60), s.check)
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
	me.Post("/answer", s.answerFact)
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

	// Console: every route names what it needs, see need
	a.Get("/console/login", s.staffLoginPage)
	a.Post("/console/login", s.limit(20), s.staffLogin)
	a.Post("/console/logout", s.staffLogout)
	k := a.Group("/console", s.staffOnly)
	k.Get("/", s.needs(toEnter), s.desk)
	k.Get("/password", s.needs(toEnter), s.passwordPage)
	k.Post("/password", s.needs(toEnter), s.changePassword)
	k.Get("/audit", s.needs(toEnter), s.auditPage)
	k.Get("/rules", s.needs(toEnter), s.rulesPage)
	k.Get("/corrections", s.needs(toRead), s.correctionsPage)
	k.Get("/import", s.needs(toDraft), s.importPage)
	k.Post("/import", s.needs(toDraft), s.importFiles)
	k.Get("/policies", s.needs(toRead), s.policyList)
	k.Get("/policies/:id<int>", s.needs(toRead), s.needsIndex, s.tagsPage)
	k.Post("/policies/:id<int>/tags", s.needs(toDraft), s.saveTag)
	k.Get("/policies/:id<int>/audience", s.needs(toRead), s.needsIndex, s.audiencePage)
	k.Post("/policies/:id<int>/audience", s.needs(toRead), s.needsIndex, s.tryAudience)
	k.Get("/policies/:id<int>/fields", s.needs(toRead), s.fieldsPage)
	k.Post("/policies/:id<int>/fields", s.needs(toDraft), s.saveFields)
	k.Get("/policies/:id<int>/measures", s.needs(toRead), s.measuresPage)
	k.Post("/policies/:id<int>/measures", s.needs(toDraft), s.addMeasure)
	k.Get("/policies/:id<int>/measures/:measure", s.needs(toRead), s.measurePage)
	k.Post("/policies/:id<int>/measures/:measure", s.needs(toDraft), s.saveMeasure)
	k.Post("/policies/:id<int>/measures/:measure/remove", s.needs(toDraft), s.removeMeasure)
	k.Post("/policies/:id<int>/measures/:measure/criteria", s.needs(toDraft), s.saveCriteria)
	k.Get("/policies/:id<int>/interpretations", s.needs(toRead), s.interpretationsPage)
	k.Get("/policies/:id<int>/interpretations/new", s.needs(toDraft), s.newInterpretation)
	k.Post("/policies/:id<int>/interpretations", s.needs(toDraft), s.saveInterpretation)
	k.Post("/policies/:id<int>/interpretations/adopt", s.needs(toDraft), s.adoptDraft)
	k.Post("/policies/:id<int>/interpretations/:item<int>/confirm", s.needs(toDraft), s.confirmInterpretation)
	k.Get("/policies/:id<int>/interpretations/:item<int>", s.needs(toDraft), s.interpretationPage)
	k.Post("/policies/:id<int>/interpretations/:item<int>", s.needs(toDraft), s.saveInterpretation)
	k.Post("/policies/:id<int>/interpretations/:item<int>/delete", s.needs(toDraft), s.deleteInterpretation)
	k.Post("/policies/:id<int>/interpretations/:item<int>/approve", s.needs(toApprove), s.approveInterpretation)
	k.Get("/policies/:id<int>/release", s.needs(toRead), s.needsIndex, s.releasePage)
	k.Post("/policies/:id<int>/submit", s.needs(toDraft), s.submitPolicy)
	k.Post("/policies/:id<int>/approve", s.needs(toApprove), s.approvePolicy)
	k.Post("/policies/:id<int>/return", s.needs(toRelease), s.returnPolicy)
	k.Post("/policies/:id<int>/publish", s.needs(toRelease), s.publishPolicy)
	k.Post("/policies/:id<int>/supplement", s.needs(toRelease), s.supplementPush)
	k.Post("/policies/:id<int>/withdraw", s.needs(toApprove), s.withdrawPolicy)
	k.Get("/pushes", s.needs(toRead), s.pushesPage)
	k.Get("/pushes/:id<int>", s.needs(toRead), s.pushPage)
	k.Get("/pushes/:id<int>/events", s.needs(toRead), s.pushEvents)
	k.Get("/outbox", s.needs(toRead), s.outboxPage)
	k.Get("/questions", s.needs(toRead), s.questionsPage)
	k.Post("/questions/:id<int>", s.needs(toRelease), s.answerQuestion)
	k.Get("/subscribers", s.needs(toRead), s.peoplePage)
	k.Get("/subscribers/:id<int>", s.needs(toRead), s.personPage)
	k.Get("/operators", s.needs(toManage), s.operatorsPage)
	k.Get("/operators/new", s.needs(toManage), s.newOperator)
	k.Post("/operators", s.needs(toManage), s.saveOperator)
	k.Get("/operators/:id<int>", s.needs(toManage), s.operatorPage)
	k.Post("/operators/:id<int>", s.needs(toManage), s.saveOperator)

	a.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
}
