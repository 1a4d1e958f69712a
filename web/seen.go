package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/gofiber/fiber/v2"
)

// seenField is the field of a form with which somebody says yes to a text: it
// names the text that was on the page, so that nobody approves words which
// another person put in their place meanwhile.
const seenField = "seen"

// seenOf names a text with all that belongs to it.
func seenOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "" // what cannot be stored either
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// unseen tells whether v is another one than the form was shown with. It then
// has said so, and the caller leads back to the page.
func (s *Server) unseen(c *fiber.Ctx, v any) bool {
	if field(c, seenField) == seenOf(v) {
		return false
	}
	s.setFlash(c, "amber", "您看过以后，内容又改过，没有审核。请看过现在的内容，再审核。")
	return true
}
