package web

import (
	"errors"
	"io"
	"mime/multipart"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// maxImportFiles is how many files one import takes.
const maxImportFiles = 50

// importView takes files or pasted text and says what became of each.
type importView struct {
	Page
	Text     string // as pasted, kept when something is wrong with it
	Results  []imported
	Done     int
	Failed   int
	Problems problems
}

// imported is what became of one file.
type imported struct {
	File      string
	ID        domain.PolicyID // 0 if it failed
	Title     string
	DocNumber string
	Measures  int
	Error     string
	Notes     []string
	Alike     []alikeView // which it may repeat
}

func (importView) template() string { return "console/import" }

func (s *Server) importPage(c *fiber.Ctx) error { return s.showImport(c, importView{}) }

func (s *Server) showImport(c *fiber.Ctx, v importView) error {
	var err error
	if v.Page, err = s.consolePage(c, "导入政策", "import"); err != nil {
		return err
	}
	if v.Failed > 0 && v.Done == 0 {
		v.Title = "出错：" + v.Title
		c.Status(fiber.StatusUnprocessableEntity)
	}
	markProblems(c, &v.Page, v.Problems)
	return s.render(c, v)
}

// importFiles makes a draft of every file that can be read. One that cannot
// keeps no other from coming in.
func (s *Server) importFiles(c *fiber.Ctx) error {
	v := importView{}
	form, err := c.MultipartForm()
	if err != nil {
		v.Problems.add("files", "没有收到文件。请选择文件，或把正文粘贴到下面。")
		v.Text = field(c, "text")
		return s.showImport(c, v)
	}
	v.Text = strings.TrimSpace(c.FormValue("text")) // whoever reads it cleans it
	var files []*multipart.FileHeader
	for _, f := range form.File["files"] {
		if f.Filename != "" || f.Size > 0 {
			files = append(files, f)
		}
	}
	switch {
	case len(files) == 0 && v.Text == "":
		v.Problems.add("files", "请选择至少一个文件，或把正文粘贴到下面。")
	case len(files) > maxImportFiles:
		v.Problems.add("files", "一次最多导入50个文件，请分几次导入。")
	}
	if len(v.Problems) > 0 {
		return s.showImport(c, v)
	}
	for _, f := range files {
		data, err := contentOf(f)
		if err != nil {
			return err
		}
		r, err := s.importOne(c, f.Filename, data)
		if err != nil {
			return err
		}
		v.add(r)
	}
	if v.Text != "" {
		r, err := s.importOne(c, "粘贴的正文.txt", []byte(v.Text))
		if err != nil {
			return err
		}
		if v.add(r); r.ID != 0 {
			v.Text = ""
		}
	}
	if len(v.Results) == 1 && v.Done == 1 {
		r := v.Results[0]
		s.setFlash(c, "pine", "已导入《"+shownTitle(r.Title)+"》，请核对标签和受众。"+joinNotes(r.Notes))
		return c.Redirect(policyPath(r.ID, ""), fiber.StatusSeeOther)
	}
	return s.showImport(c, v)
}

func joinNotes(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return cutRunes(strings.Join(notes, "；")+"。", 200)
}

func (v *importView) add(r imported) {
	v.Results = append(v.Results, r)
	if r.ID == 0 {
		v.Failed++
	} else {
		v.Done++
	}
}

func contentOf(f *multipart.FileHeader) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// importOne reads a file and stores the draft. What is the person's to mend
// stands in the result; an error is ours.
func (s *Server) importOne(c *fiber.Ctx, name string, data []byte) (imported, error) {
	r := imported{File: name}
	policy, notes, err := s.Read(name, data)
	if text, ok := placedError(err); ok {
		r.Error = text
		return r, nil
	}
	if err != nil {
		return r, err
	}
	me := operatorOf(c).operator
	policy.Office, policy.DraftedBy, policy.CreatedAt, policy.Status = me.Office, me.ID, s.Now(), domain.Draft
	if policy.Contact == "" {
		policy.Contact = operatorOf(c).office.Phone
	}
	if r.Alike, err = s.alike(c.UserContext(), policy); err != nil {
		return r, err
	}
	err = s.Store.CreatePolicy(c.UserContext(), policy)
	if text, ok := shownError(err); ok {
		r.Error = text
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.ID, r.Title, r.DocNumber, r.Measures, r.Notes = policy.ID, policy.Title, policy.DocNumber, len(policy.Measures), notes
	return r, s.audit(c, "import", policyObject(policy.ID), name)
}

// placedError is shownError with line and field, for a list that names the
// file itself.
func placedError(err error) (string, bool) {
	shown, ok := errors.AsType[*domain.Error](err)
	if !ok || shown.Kind == domain.Internal {
		return "", false
	}
	return shownText(shown.At("", shown.Line)), true
}
