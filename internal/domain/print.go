package domain

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// PrintState says how far a batch of letters is.
type PrintState string

// The states of a batch of letters. What became of its letters after it was
// printed stands in their deliveries.
const (
	PrintOpen    PrintState = "open"    // letters are still collected
	PrintWanted  PrintState = "wanted"  // its file is to be drawn
	PrintReady   PrintState = "ready"   // the file waits for somebody who prints it
	PrintPrinted PrintState = "printed" // a person said so
	PrintVoid    PrintState = "void"    // nothing was left to print
)

// MaxLetters is the largest number of letters that are printed together.
const MaxLetters = 200

// PrintBatch is the letters of a push to one village (or community, or town,
// as far as addresses say), that are printed together.
type PrintBatch struct {
	ID        PrintID
	Push      PushID // 0: letters that tell of several pushes, or a first digest
	Office    OfficeID
	Place     string
	State     PrintState
	Letters   int // numbers given; some letters may have dropped out
	DrawnAt   time.Time
	FetchedAt time.Time // when the file was downloaded last
	PrintedAt time.Time
	PrintedBy OperatorID
	HasFile   bool
	Title     string // of the policy, for lists
}

// CanaryLetter is the number of the office's own letter in a batch that has it.
const CanaryLetter = 0

// LetterName is what a letter of a batch is called: 第3份, or 样张.
func LetterName(number int) string {
	if number == CanaryLetter {
		return "样张"
	}
	return fmt.Sprintf("第%d份", number)
}

// SlipCode is what stands on the receipt slip of a letter: the batch, the
// number of the letter in it, and two digits that tell a slip of the pen.
func SlipCode(batch PrintID, letter int) string {
	return fmt.Sprintf("%d-%d-%02d", batch, letter, slipCheck(batch, letter))
}

// slipCheck is the check of ISO 7064 mod 97-10.
func slipCheck(batch PrintID, letter int) int {
	return 98 - int((int64(batch)*1000+int64(letter))%97*100%97)
}

var slipCode = regexp.MustCompile(`^([0-9]{1,12})-([0-9]{1,3})-([0-9]{2})$`)

// ParseSlipCode reads a code as it is scanned or typed, with any dashes, wide
// digits or blanks. It fails with Invalid.
func ParseSlipCode(text string) (batch PrintID, letter int, err error) {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case unicode.Is(unicode.Pd, r), r == '－', r == '−', r == 'ー', r == '_', r == '.':
			return '-'
		case unicode.IsSpace(r):
			return -1
		default:
			return r
		}
	}, text)
	parts := slipCode.FindStringSubmatch(plain)
	if parts == nil {
		return 0, 0, Errorf(Invalid, "回执编号要像 12-3-45，印在回执的二维码下面").In("code")
	}
	id, _ := strconv.ParseInt(parts[1], 10, 64) // at most twelve digits
	letter, _ = strconv.Atoi(parts[2])
	if check, _ := strconv.Atoi(parts[3]); id == 0 || check != slipCheck(PrintID(id), letter) {
		return 0, 0, Errorf(Invalid, "回执编号“%s”有一位不对，请再核对", plain).In("code")
	}
	return PrintID(id), letter, nil
}

// SlipResult is what a person may enter for a letter: what became of it, and
// whether the address is not to be used any more.
type SlipResult struct {
	Code, Label string
	State       DeliveryState // Delivered or Failed
	Reason      Reason
	Stops       Reason // of the stop-list; none: the address stays
}

var slipResults = []SlipResult{
	{Code: "delivered", Label: "已送达", State: Delivered},
	{Code: "last", Label: "已送达，以后不用再送", State: Delivered, Stops: ReasonStopped},
	{Code: "away", Label: "没送到：无人在家", State: Failed, Reason: ReasonUndelivered + ":无人在家"},
	{Code: "moved", Label: "没送到：已搬走或查无此人", State: Failed, Reason: ReasonUndelivered + ":已搬走或查无此人", Stops: ReasonBounced + ":moved"},
	{Code: "refused", Label: "没送到：拒收，以后不用再送", State: Failed, Reason: ReasonUndelivered + ":拒收", Stops: ReasonStopped},
	{Code: "other", Label: "没送到：其他原因", State: Failed, Reason: ReasonUndelivered + ":其他原因"},
}

// SlipResults lists what may be entered, in the order of the pages.
func SlipResults() []SlipResult { return slices.Clone(slipResults) }

// SlipResultOf returns the result of a code. It fails with Invalid.
func SlipResultOf(code string) (SlipResult, error) {
	for _, r := range slipResults {
		if r.Code == code {
			return r, nil
		}
	}
	return SlipResult{}, Errorf(Invalid, "请选择回执的结果").In("result")
}
