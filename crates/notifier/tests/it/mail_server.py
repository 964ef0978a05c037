"""A real mail server: Debian's aiosmtpd with TLS and a login. Says its port, then each letter as a line of JSON. Ends
with its standard input."""

import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

mode, certificate, key, user, password = sys.argv[1:]


class Handler:
    async def handle_DATA(self, server, session, envelope):
        letter = {
            "tls": session.ssl is not None or mode == "implicit",
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": base64.b64encode(envelope.original_content).decode(),
        }
        print(json.dumps(letter), flush=True)
        return "250 taken as 1"


def authenticate(server, session, envelope, mechanism, data):
    known = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=known, handled=False)


async def main():
    context = None
    if mode != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)

    def smtp():
        return SMTP(
            Handler(),
            hostname="localhost",
            tls_context=context if mode == "starttls" else None,
            require_starttls=mode == "starttls",
            authenticator=authenticate,
            auth_required=user != "",
            auth_require_tls=mode == "starttls",
        )

    loop = asyncio.get_running_loop()
    implicit = context if mode == "implicit" else None
    server = await loop.create_server(smtp, "127.0.0.1", 0, ssl=implicit)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
