// preview.js — what an interpretation looks like follows what is typed. Without it the form has a button.

const form = document.getElementById('item');
const shown = document.getElementById('shown');
let wait = 0;
let running = null;

// The server draws; the script only puts the drawing in place. Where it cannot, the last drawing stays.
const draw = async () => {
  if (running) running.abort();
  const mine = new AbortController();
  running = mine;
  try {
    const res = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), signal: mine.signal, headers: { Accept: 'text/html', 'X-Part': '1' } });
    if (!res.ok || res.redirected) return;
    const part = new DOMParser().parseFromString(await res.text(), 'text/html').querySelector('[data-part=shown]');
    if (part) shown.replaceChildren(...document.importNode(part, true).childNodes);
  } catch (err) {
    if (err.name !== 'AbortError') throw err;
  } finally {
    if (running === mine) running = null;
  }
};

form.addEventListener('input', () => {
  clearTimeout(wait);
  wait = setTimeout(() => draw().catch(() => {}), 300);
});
