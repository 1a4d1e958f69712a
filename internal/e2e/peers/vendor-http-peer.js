// One peer for the vendors' REST interfaces; node alone, no package.
//
//   node vendor-http-peer.js PORT [CALLBACK]
//
// PORT 0 takes a free one; the first line on standard output is {"listening": PORT}. It checks each signature as the
// vendor does (the checks for 阿里云, its queues and 腾讯云 were passed by the vendors' own Go SDKs), chooses what happens by the
// last digit of the first phone, and posts receipts and replies in the vendor's format to
// CALLBACK/{aliyun,tencent,mas}/{report,reply}.
//
//   1 the receipt says failed       2 throttled                     3 refused for good
//   4 HTTP 500                      5 no answer                     6 accepted, no receipt is posted
//   7 accepted, but the connection is cut before the answer         9 accepted, and the phone replies TD
//
// What it accepts it writes to the file named by JOURNAL, if there is one, before it says so, and knows it again when it
// is started anew.
//
// WeChat: the account is wxapp. Its events, also those about subscription messages, are signed with the token wxtoken and posted
// as XML to CALLBACK/wechat. The last character of an openid: 1, 2, 3, 8 errors; 7 cut; 0 blocks the message afterwards
// (failed:user block, or 43101); 9 leaves the account afterwards.
// 极光: the last character of the first registration id: 2 rate, 3 unknown device, 4 error 1000, 7 taken and cut.
//
//   Every other message is accepted and its receipt says delivered.
//
// Routes: POST / (by x-acs-action or X-TC-Action), /sms/norsubmit and /sms/tmpsubmit (云MAS), /v3/push and /v3/push/cid
// (极光), /cgi-bin/stable_token and /cgi-bin/message/template/send,
// /cgi-bin/message/subscribe/bizsend, /cgi-bin/qrcode/create (WeChat). GET /_log is what came and what was taken;
// GET /_callbacks is what our callbacks answered. /queues/NAME/messages are the queues of 阿里云 (MNS), which QueryTokenForMnsQueue
// opens: all receipts, also those that are not posted.
'use strict';
const http = require('http'), fs = require('fs'), crypto = require('crypto'), { URL } = require('url');
const [port, cb] = process.argv.slice(2);
const KEY = { id: 'AKID', secret: 'SECRET' }, MAS = { ecName: '某市政策中心', apId: 'push', secretKey: 's3cret', sign: 'SIGN01' };
const JP = 'appkey:master', WX = { appid: 'wxapp', secret: 'wxsecret' };
const sha = (s) => crypto.createHash('sha256').update(s).digest('hex'), md5 = (s) => crypto.createHash('md5').update(s, 'utf8').digest('hex');
const hmac = (k, s, e) => crypto.createHmac('sha256', k).update(s).digest(e);
const enc = (s) => encodeURIComponent(s).replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
const log = [], answers = [], sent = [], replies = []; let seq = 0, token = null, tokenExp = 0; const cids = new Map();
const ts = (d = new Date()) => new Date(d.getTime() + 8 * 3600e3).toISOString().replace('T', ' ').slice(0, 19);
const take = (m) => { m.day = ts().replace(/\D/g, '').slice(0, 8); sent.push(m); if (process.env.JOURNAL) fs.appendFileSync(process.env.JOURNAL, JSON.stringify(m) + '\n'); }; // kept before anybody is told
if (process.env.JOURNAL && fs.existsSync(process.env.JOURNAL)) for (const l of fs.readFileSync(process.env.JOURNAL, 'utf8').split('\n')) if (l) { sent.push(JSON.parse(l)); seq = Date.now(); }
const post = (path, body) => cb && setTimeout(() => { const r = http.request(cb + path, { method: 'POST', headers: { 'content-type': 'application/json' } }, (x) => { let text = ''; x.on('data', (c) => (text += c)).on('end', () => answers.push({ path, status: x.statusCode, text })); }); r.on('error', () => {}); r.end(JSON.stringify(body)); }, 30);

const sendXML = (fields, more = '') => { if (!cb) return; const t = String(Math.floor(Date.now() / 1000)), n = crypto.randomUUID();
  const sig = crypto.createHash('sha1').update(['wxtoken', t, n].sort().join('')).digest('hex');
  const xml = '<xml><ToUserName><![CDATA[gh_account]]></ToUserName><CreateTime>' + t + '</CreateTime>' + Object.entries(fields).map(([k, v]) => `<${k}><![CDATA[${v}]]></${k}>`).join('') + more + '</xml>';
  setTimeout(() => { const r = http.request(`${cb}/wechat?signature=${sig}&timestamp=${t}&nonce=${n}`, { method: 'POST', headers: { 'content-type': 'text/xml' } }, (x) => { let text = ''; x.on('data', (c) => (text += c)).on('end', () => answers.push({ path: '/wechat', status: x.statusCode, text })); }); r.on('error', () => {}); r.end(xml); }, 30); };

function acs3(q, u, body) { // https://help.aliyun.com: V3 request signature
  const a = q.headers.authorization || '', m = /Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]+)/.exec(a);
  if (!m || m[1] !== KEY.id) return 'InvalidAccessKeyId.NotFound';
  if (sha(body) !== q.headers['x-acs-content-sha256']) return 'InvalidContentSha256';
  if (Math.abs(Date.now() - Date.parse(q.headers['x-acs-date'])) > 15 * 60e3) return 'InvalidTimeStamp.Expired';
  const qs = [...u.searchParams].sort((x, y) => (x[0] < y[0] ? -1 : 1)).map(([k, v]) => enc(k) + '=' + enc(v)).join('&');
  const hs = m[2].split(';'), ch = hs.map((h) => h + ':' + String(q.headers[h]).trim() + '\n').join('');
  const sts = 'ACS3-HMAC-SHA256\n' + sha([q.method, u.pathname, qs, ch, m[2], sha(body)].join('\n'));
  return hmac(KEY.secret, sts, 'hex') === m[3] ? '' : 'SignatureDoesNotMatch';
}
function tc3(q, u, body) {
  const m = /Credential=([^/]+)\/(\d{4}-\d\d-\d\d)\/(\w+)\/tc3_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)/.exec(q.headers.authorization || '');
  if (!m || m[1] !== KEY.id) return 'AuthFailure.SecretIdNotFound';
  const t = +q.headers['x-tc-timestamp']; if (Math.abs(Date.now() / 1000 - t) > 300) return 'AuthFailure.SignatureExpire';
  const ch = m[4].split(';').map((h) => h + ':' + String(q.headers[h]).trim().toLowerCase() + '\n').join('');
  const sts = ['TC3-HMAC-SHA256', t, `${m[2]}/${m[3]}/tc3_request`, sha([q.method, u.pathname, u.search.slice(1), ch, m[4], sha(body)].join('\n'))].join('\n');
  const k = hmac(hmac(hmac('TC3' + KEY.secret, m[2]), m[3]), 'tc3_request');
  return hmac(k, sts, 'hex') === m[5] ? '' : 'AuthFailure.SignatureFailure';
}
// Queues of 阿里云 (MNS): what was told stands in them until it is taken out; what was fetched is hidden for half a second.
const told = { SmsReport: [], SmsUp: [] }, PASS = { id: 'STS.ID', secret: 'STS.SECRET', token: 'STS.TOKEN' }; let handles = 0;
const tell = (kind, m) => told[kind].push({ body: Buffer.from(JSON.stringify(m)).toString('base64'), hidden: 0, handle: '' });
function mns(q, u, body, s) {
  const xml = (c, t) => { s.writeHead(c, { 'content-type': 'text/xml' }); s.end(t && '<?xml version="1.0"?>' + t); };
  const mh = Object.keys(q.headers).filter((h) => h.startsWith('x-mns-')).sort().map((h) => h + ':' + q.headers[h] + '\n').join('');
  const sts = [q.method, q.headers['content-md5'] || '', q.headers['content-type'] || '', q.headers.date, mh].join('\n') + q.url;
  if (q.headers.authorization !== `MNS ${PASS.id}:${crypto.createHmac('sha1', PASS.secret).update(sts).digest('base64')}` || q.headers['security-token'] !== PASS.token) return xml(403, '<Error><Code>SignatureDoesNotMatch</Code></Error>');
  const queue = told[u.pathname.split('/')[2].split('-').pop()];
  if (!queue) return xml(404, '<Error><Code>QueueNotExist</Code></Error>');
  if (q.method === 'DELETE') { for (const [, h] of body.toString().matchAll(/<ReceiptHandle>([^<]+)</g)) { const i = queue.findIndex((m) => m.handle === h); if (i >= 0) queue.splice(i, 1); } return xml(204); }
  const end = Date.now() + 1000 * (+u.searchParams.get('waitseconds') || 0);
  (function look() {
    const open = queue.filter((m) => m.hidden < Date.now()).slice(0, +u.searchParams.get('numOfMessages') || 1);
    if (!open.length) return Date.now() < end ? setTimeout(look, 20) : xml(404, '<Error xmlns="http://mns.aliyuncs.com/doc/v1/"><Code>MessageNotExist</Code><Message>Message not exist.</Message></Error>');
    open.forEach((m) => { m.hidden = Date.now() + 500; m.handle = 'H' + ++handles; });
    xml(200, '<Messages xmlns="http://mns.aliyuncs.com/doc/v1/">' + open.map((m) => `<Message><MessageId>M</MessageId><ReceiptHandle>${m.handle}</ReceiptHandle><MessageBody>${m.body}</MessageBody></Message>`).join('') + '</Messages>');
  })();
}
const H = {
  aliyun(q, u, body, send, cut) {
    const e = acs3(q, u, body); if (e) return send(400, { Code: e, Message: e, RequestId: 'R' });
    const p = Object.fromEntries(u.searchParams), act = q.headers['x-acs-action']; new URLSearchParams(body).forEach((v, k) => (p[k] = v));
    if (act === 'QuerySendDetails') {
      const found = sent.filter((m) => m.vendor === 'aliyun' && m.phone === p.PhoneNumber && m.day === p.SendDate);
      return send(200, { Code: 'OK', Message: 'OK', RequestId: 'R', TotalCount: found.length, SmsSendDetailDTOs: { SmsSendDetailDTO: found.map((m) => ({ PhoneNum: m.phone, OutId: m.ref, SendStatus: m.phone.slice(-1) === '1' ? 2 : 3, ErrCode: m.phone.slice(-1) === '1' ? 'MK:0001' : 'DELIVERED' })) } });
    }
    if (act === 'QueryTokenForMnsQueue') return p.QueueName.endsWith('-' + p.MessageType) && told[p.MessageType]
      ? send(200, { Code: 'OK', Message: 'OK', RequestId: 'R', MessageTokenDTO: { AccessKeyId: PASS.id, AccessKeySecret: PASS.secret, SecurityToken: PASS.token, CreateTime: ts(), ExpireTime: ts(new Date(Date.now() + 1800e3)) } })
      : send(200, { Code: 'isp.QUEUE_NOT_EXIST', Message: 'x', RequestId: 'R' });
    if (act === 'QuerySendStatistics') {
      const mine = sent.filter((m) => m.vendor === 'aliyun'), bad = mine.filter((m) => m.phone.slice(-1) === '1').length, today = ts().replace(/\D/g, '').slice(0, 8);
      const days = p.StartDate <= today && today <= p.EndDate && p.IsGlobe === '1' ? [{ SendDate: today, TotalCount: mine.length, RespondedSuccessCount: mine.length - bad, RespondedFailCount: bad, NoRespondedCount: 0 }] : [];
      return send(200, { Code: 'OK', Message: 'OK', RequestId: 'R', Data: { TargetList: days, TotalSize: days.length } });
    }
    const phones = act === 'SendBatchSms' ? JSON.parse(p.PhoneNumberJson) : p.PhoneNumbers.split(',');
    if (phones.length > (act === 'SendBatchSms' ? 100 : 1000)) return send(200, { Code: 'isv.MOBILE_COUNT_OVER_LIMIT', Message: 'x', RequestId: 'R' });
    const d = phones[0].slice(-1), biz = 'B' + ++seq;
    if (d === '2') return send(200, { Code: 'isv.BUSINESS_LIMIT_CONTROL', Message: '触发分钟级流控Permits:1', RequestId: 'R' });
    if (d === '3') return send(200, { Code: 'isv.MOBILE_NUMBER_ILLEGAL', Message: '号码非法', RequestId: 'R' });
    phones.forEach((n) => take({ vendor: 'aliyun', phone: n, ref: p.OutId, id: biz, sign: p.SignName, template: p.TemplateCode, values: JSON.parse(p.TemplateParam || '{}') }));
    const reports = phones.map((n) => ({ phone_number: n, send_time: ts(), report_time: ts(), success: n.slice(-1) !== '1', err_code: n.slice(-1) === '1' ? 'MK:0001' : 'DELIVERED', err_msg: 'x', sms_size: '1', biz_id: biz, out_id: p.OutId || '' }));
    reports.forEach((m) => tell('SmsReport', m));
    if (d !== '6') post('/aliyun/report', reports);
    if (d === '9') { const said = { phone_number: phones[0], send_time: ts(), content: 'TD', sign_name: p.SignName, dest_code: '1234', sequence_id: seq }; tell('SmsUp', said); post('/aliyun/reply', [said]); }
    return d === '7' ? cut() : send(200, { Code: 'OK', Message: 'OK', BizId: biz, RequestId: 'R' + seq });
  },
  tencent(q, u, body, send, cut) {
    const e = tc3(q, u, body); if (e) return send(200, { Response: { Error: { Code: e, Message: e }, RequestId: 'R' } });
    const p = JSON.parse(body), act = q.headers['x-tc-action'], ph = p.PhoneNumberSet;
    const said = (m) => ({ UserReceiveTime: Math.floor(Date.now() / 1000), CountryCode: '86', SubscriberNumber: m.phone, PhoneNumber: '+86' + m.phone, SerialNo: m.id, ReportStatus: m.phone.slice(-1) === '1' ? 'FAIL' : 'SUCCESS', Description: m.phone.slice(-1) === '1' ? 'MK:0001' : 'DELIVRD', SessionContext: m.ref });
    if (act === 'PullSmsSendStatusByPhoneNumber') return send(200, { Response: { PullSmsSendStatusSet: sent.filter((m) => m.vendor === 'tencent' && '+86' + m.phone === p.PhoneNumber).map(said), RequestId: 'R' } });
    if (act === 'PullSmsSendStatus') { // each is told once
      const fresh = sent.filter((m) => m.vendor === 'tencent' && !m.told).slice(0, p.Limit); fresh.forEach((m) => (m.told = true));
      return send(200, { Response: { PullSmsSendStatusSet: fresh.map(said), RequestId: 'R' } });
    }
    if (act === 'PullSmsReplyStatus') return send(200, { Response: { PullSmsReplyStatusSet: replies.splice(0, p.Limit), RequestId: 'R' } });
    if (act.endsWith('StatusStatistics')) {
      const today = ts().replace(/\D/g, '').slice(0, 8), mine = p.BeginTime <= today + '00' && today + '23' <= p.EndTime ? sent.filter((m) => m.vendor === 'tencent') : [], bad = mine.filter((m) => m.phone.slice(-1) === '1').length;
      return send(200, { Response: { [act]: act === 'SendStatusStatistics' ? { FeeCount: mine.length, RequestCount: mine.length, RequestSuccessCount: mine.length } : { CallbackCount: mine.length, RequestSuccessCount: mine.length, CallbackSuccessCount: mine.length - bad, CallbackFailCount: bad }, RequestId: 'R' } });
    }
    if (ph.length > 200) return send(200, { Response: { Error: { Code: 'LimitExceeded.PhoneNumberCountLimit', Message: 'x' }, RequestId: 'R' } });
    const d0 = ph[0].slice(-1); if (d0 === '2') return send(200, { Response: { Error: { Code: 'RequestLimitExceeded', Message: 'x' }, RequestId: 'R' } });
    const set = ph.map((n) => { const bad = n.slice(-1) === '3', sn = '5000:' + ++seq;
      if (!bad) take({ vendor: 'tencent', phone: n.replace('+86', ''), ref: p.SessionContext, id: sn, sign: p.SignName, template: p.TemplateId, values: p.TemplateParamSet });
      if (n.slice(-1) === '9') replies.push({ ExtendCode: '', CountryCode: '86', PhoneNumber: n, SignName: p.SignName, ReplyContent: 'TD', ReplyTime: Math.floor(Date.now() / 1000) });
      if (!bad && n.slice(-1) !== '6') post('/tencent/report', [{ user_receive_time: ts(), nationcode: '86', mobile: n.replace('+86', ''), report_status: n.slice(-1) === '1' ? 'FAIL' : 'SUCCESS', errmsg: n.slice(-1) === '1' ? 'MK:0001' : 'DELIVRD', description: 'x', sid: sn }]);
      if (n.slice(-1) === '9') post('/tencent/reply', { extend: p.ExtendCode || '', mobile: n.replace('+86', ''), nationcode: '86', sign: p.SignName, text: 'TD', time: Math.floor(Date.now() / 1000) });
      return { SerialNo: bad ? '' : sn, PhoneNumber: n, Fee: bad ? 0 : 1, SessionContext: p.SessionContext || '', Code: bad ? 'FailedOperation.PhoneNumberInBlacklist' : 'Ok', Message: 'x', IsoCode: 'CN' }; });
    return d0 === '7' ? cut() : send(200, { Response: { SendStatusSet: set, RequestId: 'R' + seq } });
  },
  mas(q, u, body, send, cut) {
    let p; try { p = JSON.parse(Buffer.from(body.toString(), 'base64').toString('utf8')); } catch { return send(200, { msgGroup: '', rspcod: 'InvalidMessage', success: false }); }
    const no = (c) => send(200, { msgGroup: '', rspcod: c, success: false });
    const mid = u.pathname.endsWith('tmpsubmit') ? p.templateId + p.mobiles + p.params : p.mobiles + p.content;
    if (p.apId !== MAS.apId || p.ecName !== MAS.ecName) return no('InvalidUsrOrPwd');
    if (p.mac !== md5(p.ecName + p.apId + MAS.secretKey + mid + p.sign + p.addSerial)) return no('IllegalMac');
    if (p.sign !== MAS.sign) return no('IllegalSignId');
    const ph = p.mobiles.split(','); if (ph.length > 5000) return no('TooManyMobiles');
    const g = '0512' + ++seq, d = ph[0].slice(-1), t = ts().replace(/\D/g, '');
    if (d === '2') return no('TooFast'); // no such code is known: it stands for one that is in no table
    if (d === '3') return no('InvalidMobile');
    if (d === '4') return send(500, {}); if (d === '5') return;
    ph.forEach((n) => take({ vendor: 'mas', phone: n, id: g, sign: p.sign, template: p.templateId, values: p.params ? JSON.parse(p.params) : p.content }));
    ph.forEach((n) => n.slice(-1) !== '6' && post('/mas/report', { reportStatus: n.slice(-1) === '1' ? 'MK:0001' : 'CM:0000', mobile: n, submitDate: t, receiveDate: t, errorCode: n.slice(-1) === '1' ? 'UNDELIV' : 'DELIVRD', msgGroup: g }));
    if (d === '9') post('/mas/reply', { mobile: ph[0], smsContent: 'TD', sendTime: t, addSerial: p.addSerial });
    return d === '7' ? cut() : send(200, { msgGroup: g, rspcod: 'success', success: true });
  },
  jpush(q, u, body, send, cut) {
    if (q.headers.authorization !== 'Basic ' + Buffer.from(JP).toString('base64')) return send(401, { error: { code: 1004, message: 'auth' } });
    if (u.pathname.endsWith('/cid')) return send(200, { cidlist: Array.from({ length: Math.min(+u.searchParams.get('count') || 1, 10) }, () => 'appkey-' + crypto.randomUUID()) });
    const p = JSON.parse(body), ids = (p.audience && p.audience.registration_id) || [];
    if (p.cid && cids.has(p.cid)) return send(200, cids.get(p.cid));
    if (ids.length > 1000) return send(400, { error: { code: 1003, message: 'x' } });
    const d = (ids[0] || '').slice(-1);
    log.push({ k: 'jpush-push', cid: p.cid, ids, notification: p.notification });
    if (d === '4') return send(500, { error: { code: 1000, message: 'server error' } });
    if (d === '2') return send(429, { error: { code: 2002, message: 'rate' } }, { 'X-Rate-Limit-Limit': 600, 'X-Rate-Limit-Remaining': 0, 'X-Rate-Limit-Reset': 1 });
    if (d === '3') return send(400, { error: { code: 1011, message: 'cannot find user by this audience' } });
    const r = { sendno: '0', msg_id: String(++seq) }; if (p.cid) cids.set(p.cid, r);
    return d === '7' ? cut() : send(200, r);
  },
  wechat(q, u, body, send, cut) {
    const p = JSON.parse(body);
    if (u.pathname.endsWith('stable_token')) { if (p.appid !== WX.appid || p.secret !== WX.secret) return send(200, { errcode: 40125, errmsg: 'invalid appsecret' });
      if (!token || p.force_refresh || Date.now() > tokenExp) { token = 'T' + crypto.randomUUID(); tokenExp = Date.now() + 7200e3; } return send(200, { access_token: token, expires_in: Math.floor((tokenExp - Date.now()) / 1000) }); }
    if (u.searchParams.get('access_token') !== token) return send(200, { errcode: 40001, errmsg: 'invalid credential, access_token is invalid or not latest' });
    if (u.pathname.endsWith('qrcode/create')) return send(200, { ticket: 'TICKET', expire_seconds: p.expire_seconds, url: 'http://weixin.qq.com/q/' + p.action_info.scene.scene_str });
    const d = (p.touser || '').slice(-1), e = { 1: [43004, 'require subscribe'], 2: [45009, 'reach max api daily quota limit'], 3: [40003, 'invalid openid'], 8: [-1, 'system error'] }[d];
    if (e) return send(200, { errcode: e[0], errmsg: e[1] });
    log.push({ k: 'wechat-message', path: u.pathname, message: p });
    const biz = u.pathname.endsWith('bizsend'), id = ++seq;
    if (!biz) sendXML({ FromUserName: p.touser, MsgType: 'event', Event: 'TEMPLATESENDJOBFINISH', MsgID: id, Status: d === '0' ? 'failed:user block' : 'success' });
    else sendXML({ FromUserName: p.touser, MsgType: 'event', Event: 'subscribe_msg_sent_event' }, `<SubscribeMsgSentEvent><List><TemplateId><![CDATA[${p.template_id}]]></TemplateId><MsgID>${id}</MsgID><ErrorCode>${d === '0' ? 43101 : 0}</ErrorCode><ErrorStatus><![CDATA[${d === '0' ? 'user refuse' : 'success'}]]></ErrorStatus></List></SubscribeMsgSentEvent>`);
    if (d === '9') sendXML({ FromUserName: p.touser, MsgType: 'event', Event: 'unsubscribe', EventKey: '' });
    return d === '7' ? cut() : send(200, biz ? { errcode: 0, errmsg: 'ok' } : { errcode: 0, errmsg: 'ok', msgid: id });
  },
};
http.createServer((q, s) => {
  const u = new URL(q.url, 'http://x'), parts = [];
  q.on('data', (c) => parts.push(c)).on('end', () => {
    const body = Buffer.concat(parts);
    if (u.pathname === '/_log') { s.end(JSON.stringify({ log, sent })); return; }
    if (u.pathname === '/_callbacks') { s.end(JSON.stringify(answers)); return; }
    if (u.pathname.startsWith('/queues/')) return mns(q, u, body, s);
    const send = (c, o, h = {}) => { s.writeHead(c, { 'content-type': 'application/json', ...h }); s.end(JSON.stringify(o)); }, cut = () => q.socket.destroy();
    const k = q.headers['x-tc-action'] ? 'tencent' : q.headers['x-acs-action'] ? 'aliyun' : u.pathname.startsWith('/sms/') ? 'mas' : u.pathname.startsWith('/v3/') ? 'jpush' : u.pathname.startsWith('/cgi-bin/') ? 'wechat' : null;
    log.push({ k, path: q.url, n: body.length });
    if (!k) return send(404, {});
    const first = decodeURIComponent(q.url + body).match(/1[3-9]\d{9}/), d = first && first[0].slice(-1);
    const asks = /Query|Pull|Statistics/.test(q.headers['x-tc-action'] || q.headers['x-acs-action'] || '');
    if (k !== 'mas' && !asks && d === '4') return send(500, {}); if (k !== 'mas' && !asks && d === '5') return;
    try { H[k](q, u, body, send, cut); } catch (e) { send(400, { error: String(e) }); }
  });
}).listen(+port, '127.0.0.1', function () { process.stdout.write(JSON.stringify({ listening: this.address().port }) + '\n'); });
process.on('SIGTERM', () => process.exit(0));
