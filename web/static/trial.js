// trial.js — the audience follows the officer's clicks. Without it the form has a button.

const form = document.getElementById('trial');
const result = document.getElementById('result');
const sum = document.getElementById('sum');
let wait = 0;
let running = null;

// The server draws the answer; the script only puts it in place.
const ask = async (pressed) => {
  clearTimeout(wait);
  if (running) running.abort();
  const mine = new AbortController();
  running = mine;
  const body = new URLSearchParams(new FormData(form));
  if (pressed) body.append(pressed.name, pressed.value);
  result.setAttribute('aria-busy', 'true');
  try {
    const res = await fetch(form.action, { method: 'POST', body, signal: mine.signal, headers: { Accept: 'text/html', 'X-Part': '1' } });
    if (!res.ok || res.redirected) throw new Error(String(res.status));
    const page = new DOMParser().parseFromString(await res.text(), 'text/html');
    const focused = document.activeElement && document.activeElement.id;
    for (const part of [sum, result]) {
      part.replaceChildren(...document.importNode(page.querySelector(`[data-part=${part.id}]`), true).childNodes);
    }
    const kept = focused && document.getElementById(focused);
    if (kept && document.activeElement !== kept) kept.focus({ preventScroll: true });
  } catch (err) {
    if (err.name !== 'AbortError') sum.textContent = '没有算出来：网络不通，或登录已过期。请按“重新计算”。';
  } finally {
    if (running === mine) {
      running = null;
      result.removeAttribute('aria-busy');
    }
  }
};

form.addEventListener('input', (event) => {
  if (event.target.id === 'who') return; // somebody is looked up when the officer says so
  clearTimeout(wait);
  wait = setTimeout(ask, event.target.type === 'text' ? 300 : 60);
});
form.addEventListener('submit', (event) => {
  const pressed = event.submitter;
  if (!pressed || pressed.value === 'save') return;
  event.preventDefault();
  ask(pressed);
});
