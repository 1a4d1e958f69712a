// sw.js — shows push messages of this site and opens what they are about.
// It stores nothing and answers no request: pages always come from the server.

self.addEventListener('push', event => {
  let said = {};
  try { said = event.data.json(); } catch { /* shown without words of its own */ }
  event.waitUntil(self.registration.showNotification(said.title || '您订阅的主题有新政策', {
    body: said.body || '请打开查看，以正式文件为准。',
    tag: said.tag || 'policypush', // a message that comes twice is shown once
    lang: 'zh-CN',
    data: { url: said.url || '/inbox' },
  }));
});

self.addEventListener('notificationclick', event => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  if (url.origin !== self.location.origin) return; // our pages and no others
  event.waitUntil(clients.matchAll({ type: 'window' }).then(open => {
    const shown = open.find(w => w.url === url.href);
    return shown ? shown.focus() : clients.openWindow(url.href);
  }));
});
