package web

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

var statusOf = map[domain.Kind]int{
	domain.Invalid:   fiber.StatusBadRequest,
	domain.NotFound:  fiber.StatusNotFound,
	domain.Conflict:  fiber.StatusConflict,
	domain.Forbidden: fiber.StatusForbidden,
}

// errorView says what happened and what to do.
type errorView struct {
	Page
	Status    int
	Text      string
	RequestID string
	Stop      bool // a link to unsubscribe led here: there is another way
}

func (errorView) template() string { return "portal/error" }

// handleError is the one place where an error becomes a response.
func (s *Server) handleError(c *fiber.Ctx, err error) error {
	if shown, ok := errors.AsType[*domain.Error](err); ok && shown.Kind != domain.Internal {
		return s.errorPage(c, statusOf[shown.Kind], shownText(shown))
	}
	if fe, ok := errors.AsType[*fiber.Error](err); ok { // no such route, body too large
		return s.errorPage(c, fe.Code, textOf(fe.Code))
	}
	s.Log.ErrorContext(c.UserContext(), "request failed", "id", requestID(c), "route", c.Route().Path, "err", err)
	return s.errorPage(c, fiber.StatusInternalServerError, "系统繁忙，请稍后再试。如果一直这样，请把下面的编号告诉我们。")
}

// shownText is the error's text with its place but without its cause, which
// only the log sees.
func shownText(e *domain.Error) string { return e.Because(nil).Error() }

func textOf(status int) string {
	switch status {
	case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
		return "网址可能有误，或者页面已移走。请从首页或政策库重新查找。"
	case fiber.StatusRequestEntityTooLarge:
		return "提交的内容太大。请把文件压缩到64MB以内，或拆成几份再提交。"
	case fiber.StatusTooManyRequests:
		return "操作太频繁，请过一分钟再试。"
	case fiber.StatusUnauthorized:
		return "请先登录。"
	case fiber.StatusRequestTimeout:
		return "网络太慢，内容没有收全。请检查网络后再提交一次。"
	default:
		return "这个请求无法处理，请返回上一页重试。"
	}
}

func (s *Server) errorPage(c *fiber.Ctx, status int, text string) error {
	c.Status(status)
	if status == fiber.StatusRequestEntityTooLarge {
		linger(c.Context().Conn())
	}
	if inConsole(c.Path()) {
		return s.consoleError(c, status, text)
	}
	p, err := s.page(c, "出错了")
	if err != nil { // the database is gone: the page must do without the reader
		p = s.barePage(c, "出错了")
	}
	p.Robots = "noindex"
	v := errorView{Status: status, Text: text, RequestID: requestID(c)}
	switch status {
	case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
		p.Title = "没有这个页面"
		if v.Stop = strings.HasPrefix(c.Path(), "/u/"); v.Stop {
			p.Title = "退订链接打不开"
		}
	case fiber.StatusForbidden:
		p.Title = "不能这样做"
	}
	v.Page = p
	return s.render(c, v)
}

// shownError returns the text of an error that is the person's to mend, for a
// place beside the field.
func shownError(err error) (string, bool) {
	shown, ok := errors.AsType[*domain.Error](err)
	if !ok || shown.Kind == domain.Internal {
		return "", false
	}
	return shown.Text, true
}

func errUnknownAction() error {
	return domain.Errorf(domain.Invalid, "不认识这个操作，请返回重试")
}

func errNoContact() error {
	return domain.Errorf(domain.NotFound, "没有这个联系方式，可能已删除。")
}

func errNotOpen(kind domain.ChannelKind) error {
	return domain.Errorf(domain.Conflict, "%s渠道没有开通，请改用其他方式", kind.Label())
}
