// cite.js — words marked in the text become the evidence of the tag to be
// added. The form works without it: the words are copied by hand.

const text = document.querySelector('.doc');
const box = document.getElementById('add');
const words = document.getElementById('words');
if (text && box && words) {
  const clause = box.querySelector('input[name=clause]');
  const hint = document.getElementById('words-hint');
  document.addEventListener('selectionchange', () => {
    const sel = getSelection();
    if (!sel.rangeCount || sel.isCollapsed) return;
    const range = sel.getRangeAt(0);
    if (!text.contains(range.commonAncestorContainer)) return;
    const part = range.cloneContents();
    part.querySelectorAll('.k').forEach((label) => label.remove()); // what a mark is called is not in the text
    const marked = part.textContent.trim();
    if (marked.length < 2 || marked.length > words.maxLength) return;
    const from = range.startContainer.nodeType === Node.TEXT_NODE ? range.startContainer.parentElement : range.startContainer;
    words.value = marked;
    clause.value = from.closest('.cl')?.id ?? '';
    hint.textContent = hint.dataset.cited;
    box.open = true;
  });
  words.addEventListener('input', () => { clause.value = ''; });
}
