package web

import (
	"fmt"
	"mime"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// printsShown is how many batches of letters one page lists.
const printsShown = 60

// printsView lists the batches of letters of an office, by push and village.
type printsView struct {
	Page
	Acts    bool
	All     bool // those that are printed too
	Scan    bool // the next slip is to be entered
	Push    domain.PushID
	Groups  []printGroup
	Next    string
	Results []domain.SlipResult
	Stop    *stopRow // what holds the channel
}

func (printsView) template() string { return "console/prints" }

// printGroup is what stands together on the list: the batches of a push.
type printGroup struct {
	Push  domain.PushID
	Title string
	Rows  []printRow
}

type printRow struct {
	domain.PrintBatch
	StateName, StateTag   string
	Total, Open, Done     int // letters that are printed or to be; without a result; delivered
	Failed, Out, Unnamed  int // not delivered; not to be printed any more
	Downloaded, Printable bool
}

func printRowOf(p storage.PrintCount) printRow {
	row := printRow{PrintBatch: p.PrintBatch, Printable: p.State == domain.PrintReady, Downloaded: p.State == domain.PrintReady && !p.FetchedAt.IsZero()}
	for state, n := range p.States {
		switch state {
		case domain.Delivered:
			row.Done += n
		case domain.Failed:
			row.Failed += n
		case domain.Accepted:
			row.Open += n
		case domain.Pending, domain.Sending:
		default:
			row.Out += n
			continue
		}
		row.Total += n
	}
	switch {
	case p.State == domain.PrintOpen:
		row.StateName, row.StateTag = "正在收集", "plain"
	case p.State == domain.PrintWanted:
		row.StateName, row.StateTag = "正在生成", "plain"
	case p.State == domain.PrintReady:
		row.StateName, row.StateTag = "待打印", "amber"
	case p.State == domain.PrintVoid:
		row.StateName, row.StateTag = "无需打印", "plain"
	case row.Failed > 0:
		row.StateName, row.StateTag = "有退回", "cin"
	case row.Open > 0:
		row.StateName, row.StateTag = "已打印", "blue"
	default:
		row.StateName, row.StateTag = "已送达登记", "pine"
	}
	return row
}

func (s *Server) printsPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.consolePage(c, "纸质通知", "prints")
	if err != nil {
		return err
	}
	me := operatorOf(c).operator
	v := printsView{
		Page: p, Acts: allowed(me, toRelease), All: c.Query("show") == "all", Scan: c.Query("scan") != "", Push: domain.PushID(max(0, c.QueryInt("push"))), Results: domain.SlipResults(),
	}
	v.All = v.All || v.Push != 0
	from := max(0, c.QueryInt("from"))
	found, err := s.Store.Prints(ctx, me.Office, v.Push, !v.All, printsShown, from)
	if err != nil {
		return err
	}
	for _, b := range found {
		row := printRowOf(b)
		at := len(v.Groups) - 1
		if at < 0 || v.Groups[at].Push != row.Push {
			title := row.Title
			if row.Push == 0 {
				title = "汇总和首次通知"
			}
			v.Groups = append(v.Groups, printGroup{Push: row.Push, Title: title})
			at++
		}
		v.Groups[at].Rows = append(v.Groups[at].Rows, row)
	}
	if len(found) == printsShown {
		q := url.Values{"from": {strconv.Itoa(from + printsShown)}}
		if v.All {
			q.Set("show", "all")
		}
		if v.Push != 0 {
			q.Set("push", strconv.FormatInt(int64(v.Push), 10))
		}
		v.Next = address("/console/prints", q)
	}
	if v.Stop, err = s.paperStop(c); err != nil {
		return err
	}
	return s.render(c, v)
}

// printView is one batch of letters.
type printView struct {
	Page
	Acts    bool
	Row     printRow
	Slips   []slipRow
	Canary  bool // one is the office's own
	By      string
	Results []domain.SlipResult
	Stop    *stopRow
}

func (printView) template() string { return "console/print" }

type slipRow struct {
	storage.Slip
	Name     string
	Code     string
	Says     string
	Tag      string
	Waits    bool // for its receipt slip
	Settled  bool // its slip says what became of it
	KeepBack bool // it was printed and must not be handed out
}

// paperStop returns what holds letters, if something does.
func (s *Server) paperStop(c *fiber.Ctx) (*stopRow, error) {
	stops, err := s.channelStops(c)
	for i := range stops {
		if stops[i].Channel == domain.Paper {
			return &stops[i], nil
		}
	}
	return nil, err
}

// printOf returns the batch of letters of the address to somebody of its office.
func (s *Server) printOf(c *fiber.Ctx) (domain.PrintBatch, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return domain.PrintBatch{}, err
	}
	return s.ownPrint(c, domain.PrintID(id))
}

func (s *Server) ownPrint(c *fiber.Ctx, id domain.PrintID) (domain.PrintBatch, error) {
	b, err := s.Store.Print(c.UserContext(), id)
	if err == nil && b.Office != operatorOf(c).operator.Office {
		err = domain.Errorf(domain.Forbidden, "打印批次%d是其他单位的", id)
	}
	return b, err
}

func (s *Server) printPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	b, err := s.printOf(c)
	if err != nil {
		return err
	}
	p, err := s.consolePage(c, fmt.Sprintf("打印批次%d：%s", b.ID, b.Place), "prints")
	if err != nil {
		return err
	}
	v := printView{Page: p, Acts: allowed(operatorOf(c).operator, toRelease), Results: domain.SlipResults()}
	slips, err := s.Store.PrintSlips(ctx, b.ID)
	if err != nil {
		return err
	}
	count := storage.PrintCount{PrintBatch: b, States: map[domain.DeliveryState]int{}}
	for _, slip := range slips {
		count.States[slip.State]++
		v.Slips = append(v.Slips, slipRowOf(b, slip))
		v.Canary = v.Canary || slip.Number == domain.CanaryLetter
	}
	v.Row = printRowOf(count)
	if b.PrintedBy != 0 {
		names, err := s.operatorNames(ctx)
		if err != nil {
			return err
		}
		v.By = names[b.PrintedBy]
	}
	if v.Stop, err = s.paperStop(c); err != nil {
		return err
	}
	return s.render(c, v)
}

func slipRowOf(b domain.PrintBatch, slip storage.Slip) slipRow {
	row := slipRow{Slip: slip, Name: domain.LetterName(slip.Number), Code: domain.SlipCode(b.ID, slip.Number), Says: slip.State.Label(), Tag: deliveryTag(slip.State), Settled: slip.Settled()}
	switch slip.State {
	case domain.Pending, domain.Sending:
		row.Says = domain.ReasonPrint.Label()
	case domain.Accepted:
		row.Says, row.Waits = "已打印，等回执", true
	case domain.Delivered:
	default:
		row.Says += "：" + slip.Reason.Label()
		row.KeepBack = slip.State != domain.Failed && !b.FetchedAt.IsZero()
	}
	return row
}

func printPath(id domain.PrintID) string   { return fmt.Sprintf("/console/prints/%d", id) }
func printObject(id domain.PrintID) string { return fmt.Sprintf("print/%d", id) }

// printFile gives the letters of a batch out to be printed. They hold
// addresses: nobody keeps them on the way, and who had them is written down.
func (s *Server) printFile(c *fiber.Ctx) error {
	b, err := s.printOf(c)
	if err != nil {
		return err
	}
	file, err := s.Store.FetchPrint(c.UserContext(), b.ID, s.Now())
	if domain.KindOf(err) == domain.Conflict {
		s.wake()
		text, _ := shownError(err)
		s.setFlash(c, "amber", text)
		return c.Redirect(printPath(b.ID), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	if err := s.audit(c, "print-file", printObject(b.ID), b.Place); err != nil {
		return err
	}
	noStore(c)
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": fmt.Sprintf("政策通知 批次%d %s.pdf", b.ID, b.Place)}))
	return c.Send(file)
}

// actOnPrint records that a batch is printed, or what its receipt slips say, as
// the button says.
func (s *Server) actOnPrint(c *fiber.Ctx) error {
	b, err := s.printOf(c)
	if err != nil {
		return err
	}
	said := ""
	switch what := field(c, "do"); what {
	case "printed":
		said, err = s.markPrinted(c, b)
	case "slips", "rest":
		said, err = s.enterSlips(c, b, what == "rest")
	default:
		number, is := strings.CutPrefix(what, "correct-")
		n, bad := strconv.Atoi(number)
		if err = domain.Errorf(domain.Invalid, "没有这项操作"); is && bad == nil {
			said, err = s.correctSlip(c, b, n)
		}
	}
	if text, shown := shownError(err); shown && domain.KindOf(err) == domain.Conflict {
		s.setFlash(c, "cin", text)
		return c.Redirect(printPath(b.ID), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect(printPath(b.ID), fiber.StatusSeeOther)
}

func (s *Server) markPrinted(c *fiber.Ctx, b domain.PrintBatch) (string, error) {
	dropped, err := s.Store.MarkPrinted(c.UserContext(), b.ID, operatorOf(c).operator.ID, s.Now())
	if err != nil {
		return "", err
	}
	if err := s.audit(c, "print-done", printObject(b.ID), b.Place); err != nil {
		return "", err
	}
	if dropped > 0 {
		return "已登记打印。下载以后有通知退出，标着“不要发放”的请抽出来销毁。", nil
	}
	return "已登记打印。发完以后在这里登记回执。", nil
}

// enterSlips records what was chosen for letters; rest says that all others
// were delivered.
func (s *Server) enterSlips(c *fiber.Ctx, b domain.PrintBatch, rest bool) (string, error) {
	results := map[int]domain.SlipResult{}
	for number := domain.CanaryLetter; number <= b.Letters; number++ {
		code := field(c, "r"+strconv.Itoa(number))
		if code == "" {
			continue
		}
		result, err := domain.SlipResultOf(code)
		if err != nil {
			return "", err
		}
		results[number] = result
	}
	var others *domain.SlipResult
	if rest {
		delivered := domain.SlipResults()[0]
		others = &delivered
	}
	n, err := s.Store.SettleSlips(c.UserContext(), b.ID, results, others, s.Now())
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "没有新的结果要登记。", nil
	}
	return fmt.Sprintf("已登记%d份的结果。", n), s.audit(c, "print-slips", printObject(b.ID), fmt.Sprintf("%s，登记%d份", b.Place, n))
}

// correctSlip replaces the result of one letter by the one chosen beside it.
func (s *Server) correctSlip(c *fiber.Ctx, b domain.PrintBatch, number int) (string, error) {
	result, err := domain.SlipResultOf(field(c, "r"+strconv.Itoa(number)))
	if err != nil {
		return "", err
	}
	other, err := s.Store.CorrectSlip(c.UserContext(), b.ID, number, result, s.Now())
	if err != nil {
		return "", err
	}
	name := domain.LetterName(number)
	if !other {
		return name + "本来就是这个结果，没有改动。", nil
	}
	return fmt.Sprintf("%s已更正为：%s。", name, result.Label), s.audit(c, "print-correct", printObject(b.ID), fmt.Sprintf("%s改为%s", name, result.Label))
}

// enterSlip records what one receipt slip says, by the code on it.
func (s *Server) enterSlip(c *fiber.Ctx) error {
	const back = "/console/prints?scan=1"
	text := cutRunes(field(c, "code"), 40)
	said, err := s.slipSays(c, text)
	if shown, ours := shownError(err); ours && domain.KindOf(err) != domain.Forbidden {
		s.setFlash(c, "cin", shown)
		return c.Redirect(back, fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect(back, fiber.StatusSeeOther)
}

func (s *Server) slipSays(c *fiber.Ctx, text string) (string, error) {
	id, letter, err := domain.ParseSlipCode(text)
	if err != nil {
		return "", err
	}
	result, err := domain.SlipResultOf(field(c, "result"))
	if err != nil {
		return "", err
	}
	b, err := s.ownPrint(c, id)
	if err != nil {
		return "", err
	}
	n, err := s.Store.SettleSlips(c.UserContext(), id, map[int]domain.SlipResult{letter: result}, nil, s.Now())
	if err != nil {
		return "", err
	}
	code := domain.SlipCode(id, letter)
	if n == 0 {
		return fmt.Sprintf("%s（%s）此前已有结果，没有改动。登记错了请打开这一批更正。", code, b.Place), nil
	}
	return fmt.Sprintf("%s（%s）：%s。", code, b.Place, result.Label), s.audit(c, "print-slips", printObject(id), code+" "+result.Label)
}
