// cite.js — words marked in the text become the evidence of what is to be added: of a
// measure, or of a tag once that form is open. The forms work without it: the words are
// copied by hand.

const text = document.querySelector('.doc');
const forms = [...document.querySelectorAll('input[data-cite]')].map((words) => ({
  words,
  box: words.closest('details'),
  clause: words.form.elements.clause,
  hint: document.getElementById(words.getAttribute('aria-describedby')),
}));
if (text && forms.length) {
  document.addEventListener('selectionchange', () => {
    const sel = getSelection();
    if (!sel.rangeCount || sel.isCollapsed) return;
    const range = sel.getRangeAt(0);
    if (!text.contains(range.commonAncestorContainer)) return;
    const part = range.cloneContents();
    part.querySelectorAll('.k').forEach((label) => label.remove()); // what a mark is called is not in the text
    const marked = part.textContent.trim();
    if (marked.length < 2) return;
    const from = range.startContainer.nodeType === Node.TEXT_NODE ? range.startContainer.parentElement : range.startContainer;
    const clause = from.closest('.cl')?.id ?? '';
    const open = forms.filter((form) => form.box.open);
    for (const form of open.length ? open : forms) {
      if (marked.length > form.words.maxLength) continue;
      form.words.value = marked;
      form.clause.value = clause;
      form.hint.textContent = form.hint.dataset.cited;
      form.box.open = true;
    }
  });
  for (const { words, clause } of forms) words.addEventListener('input', () => { clause.value = ''; });
}
