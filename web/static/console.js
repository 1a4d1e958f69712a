// console.js — live totals of a push. The page works without it: it reloads.

const box = document.getElementById('push');
const url = box && box.dataset.pushEvents;
if (url && 'EventSource' in window) {
  let es = null;
  let busy = false;
  let again = false;
  const status = (on, text) => {
    const el = document.querySelector('[data-live]');
    if (!el) return;
    el.classList.toggle('off', !on);
    el.textContent = text;
  };
  const clock = () => new Date().toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  // The server draws the page; the script only puts the new drawing in place.
  const redraw = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const res = await fetch(location.href.split('#')[0], { headers: { Accept: 'text/html' } });
      if (res.ok) {
        const page = new DOMParser().parseFromString(await res.text(), 'text/html');
        const fresh = page.getElementById('push');
        // Once there are deliveries their list stands below. The page is not
        // loaded anew: what it has just told the officer would be gone.
        const list = page.getElementById('list');
        if (list && !document.getElementById('list')) box.after(document.importNode(list.closest('section'), true));
        if (fresh) document.getElementById('push').replaceChildren(...document.importNode(fresh, true).childNodes);
      }
    } finally {
      busy = false;
    }
    if (es) status(true, `实时，截至${clock()}`);
    if (again) { again = false; redraw().catch(() => {}); }
  };
  const close = () => { if (es) es.close(); es = null; };
  const open = () => {
    es = new EventSource(url);
    es.addEventListener('open', () => status(true, `实时，截至${clock()}`));
    es.addEventListener('totals', () => redraw().catch(() => {}));
    es.addEventListener('end', () => { close(); redraw().catch(() => {}); });
    es.addEventListener('error', () => {
      if (!es || es.readyState !== EventSource.CLOSED) { status(false, `已断开，正在重连，截至${clock()}`); return; }
      // Refused: too many look on, or who looks is signed out. The browser does not try again by itself.
      close();
      status(false, `暂时不能实时更新，截至${clock()}，请刷新`);
      setTimeout(() => { if (!es && !document.hidden) open(); }, 30000);
    });
  };
  document.addEventListener('visibilitychange', () => { if (document.hidden) close(); else if (!es) open(); });
  addEventListener('pagehide', close);
  open();
}
