// push.js — notifications of this browser. Without script the page says what else there is.

const form = document.querySelector('[data-push-key]');
const note = document.querySelector('[data-push-note]');
const tell = text => { note.textContent = text; note.hidden = !text; };

const octets = key => Uint8Array.from(atob(key.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));

if (form) {
  const can = window.isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  if (can) {
    form.hidden = false;
    tell('');
  } else {
    tell('这个浏览器（或这个网址）不支持通知，请改用短信、邮件或站内消息。');
  }
  form.addEventListener('submit', async event => {
    const field = form.elements.subscription;
    if (field.value) return;
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    tell('正在开通……');
    try {
      if (await Notification.requestPermission() !== 'granted') {
        tell('浏览器没有允许通知。可以在地址栏左边的网站设置里改为允许，再试一次。');
        return;
      }
      const registration = await navigator.serviceWorker.register('/sw.js');
      await navigator.serviceWorker.ready;
      const old = await registration.pushManager.getSubscription();
      if (old) await old.unsubscribe(); // it may belong to an older key
      const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: octets(form.dataset.pushKey) });
      field.value = JSON.stringify(made);
      form.submit();
    } catch {
      tell('没能开通：浏览器连不上它的推送服务。请改用短信、邮件或站内消息。');
    } finally {
      button.disabled = false;
    }
  });
}
