#!/usr/bin/python3
"""post-office.py: a real SMTP server (aiosmtpd) for mail.test. Each mail it takes becomes a line of JSON, read by
Python's own mail parser. Who it is for says what happens: later@… is put off twice, gone@… is unknown, full@… is refused
after the message.

usage: post-office.py ADDRESS PORT OUT [--tls CERT KEY] [--whole] [--user NAME PASSWORD]
"""
import argparse, asyncio, email, email.policy, json, ssl
from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument('address')
parser.add_argument('port', type=int)
parser.add_argument('out')
parser.add_argument('--tls', nargs=2)
parser.add_argument('--whole', action='store_true')  # TLS from the first byte
parser.add_argument('--user', nargs=2)
args = parser.parse_args()
put_off = {}


class Office:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split('@')[0]
        if name == 'gone':
            return f'550 5.1.1 <{address}>: nobody of that name'
        if name == 'later':
            put_off[address] = put_off.get(address, 0) + 1
            if put_off[address] <= 2:
                return '451 4.7.1 greylisted, try again'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        if any(to.startswith('full@') for to in envelope.rcpt_tos):
            return '552 5.2.2 mailbox full'
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content().replace('\r\n', '\n') for part in message.walk() if not part.is_multipart()}
        with open(args.out, 'a') as out:
            print(json.dumps({
                'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'tls': args.whole or session.ssl is not None,
                'user': session.auth_data.login.decode() if session.authenticated else None, 'hello': session.host_name,
                'headers': [[name, str(value)] for name, value in message.items()],
                'defects': [str(d) for part in message.walk() for d in part.defects],
                'longest': max(map(len, envelope.content.split(b'\r\n'))), 'bare': envelope.content.replace(b'\r\n', b'').count(b'\n'),
                'text': parts.get('text/plain'), 'html': parts.get('text/html')}), file=out)
        return '250 2.0.0 taken'


def authenticate(server, session, envelope, mechanism, data):
    good = [data.login.decode(), data.password.decode()] == args.user
    return AuthResult(success=good, handled=False, auth_data=data)


async def main():
    context = None
    if args.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*args.tls)
    inner = context if not args.whole else None
    make = lambda: SMTP(Office(), hostname='post.example.org', tls_context=inner, require_starttls=inner is not None,
        authenticator=authenticate if args.user else None, auth_required=bool(args.user), auth_require_tls=inner is not None)
    server = await asyncio.get_running_loop().create_server(make, args.address, args.port, ssl=context if args.whole else None)
    async with server:
        await server.serve_forever()

asyncio.run(main())
