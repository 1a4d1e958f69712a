// A real SMTP server for the tests, whose behaviour the recipient's local part chooses.
//
//   node smtp-peer.js PORT [plain|starttls|implicit] [USER:PASSWORD]
//
// PORT 0 takes a free one. The first line on standard output is {"listening": PORT}; then one JSON line for each
// mail that came whole, with "times": how often a mail with this Message-ID was taken before and now.
//
//   perm*    550 5.1.1 at RCPT                     full*  552 5.2.2 at RCPT
//   soft*    421 4.3.2 at RCPT, always             grey*  451 4.7.1 the first time, then accepted
//   late*    554 5.7.1 after the final dot         rate*  450 4.7.28 after the final dot
//   hang*    no answer to RCPT                     drop*  cut after the final dot: the outcome is open
//   bounce*  accepted; then a delivery status notification (RFC 3464) goes to the envelope sender
//   Every other mail is accepted.
//
// Environment: KEY, CERT are PEM files for TLS. BOUNCE is the HOST:PORT that takes the notifications.
'use strict';

const fs = require('node:fs');
const { SMTPServer } = require('smtp-server');
const { simpleParser } = require('mailparser');
const nodemailer = require('nodemailer');

const [port = '0', security = 'plain', credentials = ''] = process.argv.slice(2);
const greeted = new Set();
const taken = new Map(); // Message-ID -> number

const refuse = (code, text) => Object.assign(new Error(text), { responseCode: code });
const say = line => process.stdout.write(JSON.stringify(line) + '\n');

// notify sends the bounce of one accepted mail to its envelope sender.
async function notify(envelope, headers) {
  const [host, to] = (process.env.BOUNCE || '').split(':');
  if (!to || !envelope.mailFrom.address) return;
  const rcpt = envelope.rcptTo[0].address;
  const raw = [
    'From: Mail Delivery System <mailer-daemon@mx.example.com>',
    `To: <${envelope.mailFrom.address}>`,
    'Subject: Undelivered Mail Returned to Sender',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="=_dsn"',
    '',
    '--=_dsn',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    '这封邮件没有送达：收件人不存在。',
    '',
    '--=_dsn',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.com',
    'Arrival-Date: ' + new Date().toUTCString(),
    '',
    `Final-Recipient: rfc822; ${rcpt}`,
    `Original-Recipient: rfc822; ${rcpt}`,
    'Action: failed',
    'Status: 5.1.1',
    'Remote-MTA: dns; mail.example.com',
    `Diagnostic-Code: smtp; 550 5.1.1 <${rcpt}>: Recipient address rejected: User unknown`,
    '',
    '--=_dsn',
    'Content-Type: text/rfc822-headers',
    '',
    headers,
    '--=_dsn--',
    '',
  ].join('\r\n');
  const transport = nodemailer.createTransport({ host, port: +to, secure: false, ignoreTLS: true });
  for (let attempt = 1; ; attempt++) {
    try {
      await transport.sendMail({ envelope: { from: '', to: [envelope.mailFrom.address] }, raw });
      return;
    } catch (e) {
      if (attempt === 5) {
        console.error('bounce not delivered: ' + e.message);
        return;
      }
      await new Promise(resolve => setTimeout(resolve, 300 * attempt)); // 4xx or not listening yet: as a relay does
    }
  }
}

const server = new SMTPServer({
  secure: security === 'implicit',
  ...(process.env.KEY ? { key: fs.readFileSync(process.env.KEY), cert: fs.readFileSync(process.env.CERT) } : {}),
  hideSTARTTLS: security !== 'starttls',
  authOptional: !credentials,
  authMethods: ['PLAIN', 'LOGIN'],
  allowInsecureAuth: security === 'plain',
  disableReverseLookup: true,
  size: 10 << 20,
  banner: 'policypush test peer',
  logger: false,
  onAuth(auth, session, done) {
    if (auth.username + ':' + auth.password === credentials) return done(null, { user: auth.username });
    done(refuse(535, '5.7.8 bad credentials'));
  },
  onRcptTo(rcpt, session, done) {
    const local = rcpt.address.split('@')[0];
    if (local.startsWith('perm')) return done(refuse(550, `5.1.1 <${rcpt.address}> no such user`));
    if (local.startsWith('full')) return done(refuse(552, '5.2.2 mailbox full'));
    if (local.startsWith('soft')) return done(refuse(421, '4.3.2 try later'));
    if (local.startsWith('hang')) return;
    if (local.startsWith('grey') && !greeted.has(rcpt.address)) {
      greeted.add(rcpt.address);
      return done(refuse(451, '4.7.1 greylisted'));
    }
    done();
  },
  onData(stream, session, done) {
    const envelope = session.envelope; // the session gets a new one with the answer
    const local = envelope.rcptTo[0].address.split('@')[0];
    simpleParser(stream, {}, (err, mail) => {
      if (err) return done(refuse(554, '5.6.0 ' + err.message));
      const times = (taken.get(mail.messageId) || 0) + 1;
      taken.set(mail.messageId, times);
      const header = name => (mail.headerLines.find(h => h.key === name) || {}).line || '';
      say({
        from: envelope.mailFrom.address || '', to: envelope.rcptTo.map(r => r.address),
        tls: session.secure, user: session.user || '', hello: session.hostNameAppearsAs,
        subject: mail.subject || '', fromText: (mail.from && mail.from.text) || '', text: mail.text || '', html: mail.html || '',
        messageId: mail.messageId || '', times, headers: mail.headerLines.map(h => h.line),
        listUnsubscribe: header('list-unsubscribe'), listUnsubscribePost: header('list-unsubscribe-post'),
      });
      if (local.startsWith('late')) return done(refuse(554, '5.7.1 content rejected'));
      if (local.startsWith('rate')) return done(refuse(450, '4.7.28 rate limited'));
      if (local.startsWith('drop')) {
        for (const c of server.connections) if (c.session === session || c.id === session.id) c._socket.destroy();
        return;
      }
      done(null, '2.0.0 queued as ' + taken.size);
      if (local.startsWith('bounce')) notify(envelope, mail.headerLines.map(h => h.line).join('\r\n') + '\r\n');
    });
  },
});
server.on('error', e => console.error(String(e))); // a cut connection is part of the game
const listener = server.listen(+port, '127.0.0.1', () => say({ listening: listener.address().port }));
process.on('SIGTERM', () => process.exit(0));
