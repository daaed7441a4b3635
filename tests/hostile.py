"""Mails written to break a mail reader: deterministic, made here, each named for what is odd in it.

``hostile_mails()`` yields (name, octets). Names begin with ``h`` and a number; sizes reach 50 MB, so
take them one at a time. What must hold for each is said by the tests that use them.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator

Mail = tuple[str, bytes]


def mail(
    name: str, head: str = "", body: str = "Hello, it does not work.\n", **replaced: str
) -> bytes:
    """A whole message: the usual fields, those of ``replaced`` instead, ``head`` after them."""
    fields = {
        "From": "Ann <ann@customer.example>",
        "To": "support@desk.example",
        "Subject": "It does not work",
        "Date": "Mon, 2 Feb 2026 10:00:00 +0100",
        "Message-ID": f"<{name}@customer.example>",
    }
    fields.update({key.replace("_", "-"): value for key, value in replaced.items()})
    lines = "".join(f"{key}: {value}\n" for key, value in fields.items() if value is not None)
    text = f"{lines}{head}\n{body}"
    return text.encode("utf-8", "surrogateescape").replace(b"\n", b"\r\n")


def hostile_mails(*, huge: bool = True) -> Iterator[Mail]:
    """Every hostile mail, one at a time. ``huge`` includes those of 5 to 50 MB."""
    for group in (_machines, _heads, _identity, _bodies, _parts, _names, _words, _containers):
        yield from group()
    if huge:
        yield from huge_mails()


def _machines() -> Iterator[Mail]:
    yield "h01-vacation-rfc3834", mail("h01", "Auto-Submitted: auto-replied\n")
    yield (
        "h02-auto-submitted-comment",
        mail("h02", "Auto-Submitted: AUTO-generated (x); owner-email=a@b.example\n"),
    )
    yield "h03-exchange-oof", mail("h03", "X-Auto-Response-Suppress: All\n")
    for word in ("bulk", "Junk", "LIST", "auto_reply"):
        yield f"h04-precedence-{word.lower()}", mail("h04", f"pREcedence:  {word} \n")
    yield (
        "h05-list-mail",
        mail("h05", "List-Id: <l.example>\nList-Unsubscribe: <mailto:u@l.example>\n"),
    )
    yield "h06-null-return-path", b"Return-Path: <>\r\n" + mail("h06")
    for who in ("noreply@", "no-reply@", "donotreply+x@"):
        yield f"h07-{who.strip('@')}", mail("h07", From=f"{who}shop.example")
    yield "h10-lying-responder", mail("h10", Subject="Re: Auto: " * 60 + "hello")
    yield "h12-dsn", _dsn("h12", "ours@desk.example")
    yield "h13-dsn-forged", _dsn("h13", "unknown@elsewhere.example")


def _dsn(name: str, original: str) -> bytes:
    body = (
        "--B\nContent-Type: text/plain\n\nYour mail could not be delivered.\n"
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        "Final-Recipient: rfc822; gone@customer.example\nAction: failed\nStatus: 5.1.1\n\n"
        f"--B\nContent-Type: message/rfc822\n\nMessage-ID: <{original}>\nSubject: Our answer\n\nHello\n--B--\n"
    )
    head = (
        "Return-Path: <>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=B\n"
    )
    return mail(name, head, body, From="MAILER-DAEMON@mx.example", Subject="Undelivered Mail")


def _heads() -> Iterator[Mail]:
    yield "h20-content-type-semicolons", mail("h20", f"Content-Type: text/plain{';' * 40_000}\n")
    yield (
        "h20-content-type-params",
        mail("h20", "Content-Type: text/plain" + '; a="b"' * 8_000 + "\n"),
    )
    yield (
        "h20-content-type-quotes",
        mail("h20", "Content-Type: text/plain; " + '"' * 20_001 + "\\" * 9_999 + "\n"),
    )
    yield "h21-headers-500k", b"X-A: b\r\n" * 500_000 + mail("h21")
    yield "h22-to-160k", mail("h22", To=", ".join(f"a{i}@list.example" for i in range(9_000)))
    yield "h22-to-commas", mail("h22", To="," * 160_000)
    yield "h22-to-angles", mail("h22", To="<" * 80_000 + ">" * 80_000)
    yield "h22-to-quotes", mail("h22", To='"' * 60_001)
    yield "h22-to-at-signs", mail("h22", To="@" * 60_000)
    yield "h22-to-dots-and-spaces", mail("h22", To=". " * 30_000 + "@ " * 1_000)
    yield "h23-to-nested-comments", mail("h23", To="(" * 10_000 + "a@b.example")
    yield "h23-from-nested-comments", mail("h23", From="(" * 10_000 + ")" * 10_000 + " a@b.example")
    yield "h25-subject-encoded-words", mail("h25", Subject="=?utf-8?q?a?=" * 20_000)
    yield "h25-subject-open-words", mail("h25", Subject="=?utf-8?q?" * 20_000)
    yield "h25-subject-equals", mail("h25", Subject="=?" * 60_000)
    yield "h25-subject-re", mail("h25", Subject="Re: " * 30_000 + "x")
    yield "h25-subject-brackets", mail("h25", Subject="[" * 30_000 + "]" * 30_000)
    for number, date in enumerate(
        (
            "Mon, 99 Feb 99999999999999999999 10:00:00 +0100",
            "9" * 99_999,
            "Mon, 2 Feb 0000 10:00:00 +0000",
            "Mon, 2 Feb 2026 25:61:61 +9999",
            "Mon, 2 Feb 2026 10:00:00 +99999999999",
            "0000-00-00T00:00:00Z",
            "=?utf-8?q?yesterday?=",
            "Tue Feb 3 10:00:00 2026",
            "3 Feb 2026",
            ", , , ,",
            "12 12 12 12 12",
            "",
        )
    ):
        yield f"h30-date-{number}", mail("h30", Date=date)
    yield (
        "h60-bare-cr-nul",
        mail("h60").replace(b"It does", b"It\rBcc: evil@x.example\r\x00\x1adoes"),
    )
    yield "h85-msgid-none", mail("h85").replace(b"Message-ID:", b"X-No-Id:")
    for number, value in enumerate(
        (
            "",
            "<>",
            "<one@x> <two@x>",
            f"<{'a' * 10_000}@x>",
            "< spaced id @ x >",
            "<[0a1b2c]@mail.outlook.example>",
            "<grüße@x>",
            "no brackets",
            "noat",
            "<" * 5_000,
            "=?utf-8?q?=3Cencoded=40x=3E?=",
            "=?utf-8?q?=3Ca=40b=3E=0D=0AZ9_DELETE_INBOX=0D=0A?=",
        )
    ):
        yield f"h85-msgid-{number}", mail("h85", Message_ID=value)
    many = " ".join(f"<{i}@x>" for i in range(10_000))
    yield "h86-references-10k", mail("h86", f"References: {many}\n")
    yield "h86-references-itself", mail("h86", "References: <h86@customer.example> <a@b> <a@b>\n")
    yield "h86-references-commas", mail("h86", "References: <a@b>,<c@d>,\n <e@f>\n")
    yield "h91-empty", b""
    yield "h91-crlf", b"\r\n"
    yield "h91-many-crlf", b"\r\n" * 100_000
    yield "h91-body-only", b"\r\njust a body"
    yield "h91-no-blank-line", b"Subject: a\r\nFrom: a@b.example\r\nno field here\r\n"
    yield "h91-colon", b":"
    yield "h91-nul", b"\0" * 1_000
    yield "h91-high", bytes(range(256)) * 40
    yield "h92-mbox-from", b"From ann@x Mon Feb  2 10:00:00 2026\n" + mail("h92")
    yield "h92-mbox-quoted-from", b">From ann@x Mon Feb  2 10:00:00 2026\n" + mail("h92")
    yield "h93-lf-only", mail("h93").replace(b"\r\n", b"\n")
    yield "h93-cr-only", mail("h93").replace(b"\r\n", b"\r")
    yield "h93-mixed", mail("h93").replace(b"\r\n", b"\n", 3).replace(b"\nDate", b"\r\r\nDate")
    yield "h94-two-subjects", mail("h94", "sUbJeCt: second\nSUBJECT : third\n")
    yield "h94-space-before-colon", mail("h94").replace(b"Subject:", b"Subject \t :")
    yield "h94-folded-name", mail("h94").replace(b"Subject:", b"Sub\r\n ject:")
    yield (
        "h94-blank-continuation",
        mail("h94").replace(b"Subject: ", b"Subject: a\r\n \r\n\t\r\n b "),
    )
    yield "h94-fold-10k", mail("h94", Subject="\n x" * 10_000)


def _identity() -> Iterator[Mail]:
    agent = "agent@desk.example"
    for number, author in enumerate(
        (
            f"{agent}, evil@x.example",
            f'"{agent}" <evil@x.example>',
            f"{agent}@evil.example",
            f"<{agent}>(<evil@x.example>)",
            "=?utf-8?q?agent=40desk=2Eexample_=3Cagent=40desk=2Eexample=3E?= <evil@x.example>",
            f"{agent}: evil@x.example;",
            f"{agent} <evil@x.example>",
            f"<{agent}> <evil@x.example>",
            f"<evil@x.example,{agent}>",
            f"evil@x.example ({agent})",
            f'"<{agent}>, " <evil@x.example>',
            f"{agent}\\@evil.example",
            f"{agent}\ue008evil.example",
            "agent\u200b@desk.example",
            "agent\u202e@desk.example",
            "\uff41gent@desk.example",
            "аgent@desk.example",  # Cyrillic а
            "agent@xn--dsk-gpa.example",
            "agent@des\u212a.example",  # Kelvin sign
            "agent@desk\u3002example",
            "Agent Smith <evil@x.example>",
            "root",
            '"',
            "<",
            "<>",
            "@",
            "a@",
            "@b.example",
            ";;;,,,:::",
            '"a b"@c.example',
            "<@a,@b:c@d.example>",
            "a%b@c.example",
            "a!b@c.example",
            "a@[192.0.2.1]",
            "jörg@bücher.example",
            "undisclosed-recipients:;",
            "",
        )
    ):
        yield f"h54-from-{number}", mail("h54", From=author)
    yield "h53-two-from-fields", mail("h53", f"From: {agent}\n")
    yield "h53-sender-mismatch", mail("h53", f"Sender: {agent}\n")
    yield (
        "h50-cc-500",
        mail("h50", "Cc: " + ",\n ".join(f"c{i}@x.example" for i in range(500)) + "\n"),
    )
    yield "h51-reply-to-other", mail("h51", "Reply-To: victim@elsewhere.example\n")
    yield "h52-reply-to-agent", mail("h52", f"Reply-To: {agent}\n")
    yield "h97-our-alias", mail("h97", "Cc: Support+a@DESK.example, support@desk.example.\n")
    result = "Authentication-Results: mx.desk.example; dmarc=pass header.from=desk.example\n"
    received = "Received: from evil by mx.desk.example with ESMTP; Mon, 2 Feb 2026 10:00:00 +0100\n"
    yield "h61-ar-forged-below", received.encode() + mail("h61", result, From=agent)
    failed = result.replace("pass", "fail")
    yield "h62-ar-conflict", (failed + result).encode() + mail("h62", From=agent)
    yield (
        "h63-dkim-l",
        result.encode()
        + mail(
            "h63", "DKIM-Signature: v=1; d=desk.example; l=20; h=From:Subject; b=x\n", From=agent
        ),
    )
    yield (
        "h61-ar-comments",
        ("Authentication-Results: " + "(" * 20_000 + "\n").encode() + mail("h61"),
    )


def _bodies() -> Iterator[Mail]:
    for name in (
        "\\x00",
        "idna",
        "rot13",
        "unicode_escape",
        "utf-7",
        "zlib_codec",
        "x" * 5_000,
        '"',
    ):
        yield (
            f"h31-charset-{name[:12].strip(chr(92)).replace(chr(34), 'quote')}",
            mail(
                "h31", f"Content-Type: text/plain; charset={name}\n", "H\u00e4llo +AGEA- \\u0041\n"
            ),
        )
    yield (
        "h31-charset-nul",
        mail("h31", "Content-Type: text/plain; charset=X\n").replace(b"charset=X", b"charset=\0"),
    )
    yield (
        "h31-charset-word",
        mail("h31", Subject="=?rot13?q?uryyb?= =?idna?b?eG4tLQ==?= =?x?q??= =?utf-8?b?*?="),
    )
    noise = random.Random(31)
    yield (
        "h32-invalid-octets",
        mail("h32").replace(b"It does not work", noise.randbytes(500).replace(b"\n", b"")),
    )
    yield "h32-noise-body", mail("h32") + noise.randbytes(200_000)
    yield (
        "h32-utf16-as-ascii",
        mail("h32", "Content-Type: text/plain; charset=us-ascii\n", "")
        + "Grüße aus Köln\n".encode("utf-16"),
    )
    html = "Content-Type: text/html; charset=utf-8\n"
    for name, page in {
        "a-open": "<a " * 27_000,
        "a-nested": "<a href=x>" * 50_000,
        "deep-table": "<table><tr><td>" * 20_000 + "x",
        "deep-div": "<div>" * 100_000 + "x",
        "marked-section": "<![" * 30_000,
        "comment": "<!--" * 30_000,
        "entities": "&amp" * 60_000,
        "numeric-entities": "&#x110000;&#xD800;&#0;&#99999999999999999999;" * 3_000,
        "attributes": "<p " + "a='" * 60_000,
        "quotes": "<p a=" + "\"'" * 60_000,
        "less-than": "<" * 300_000,
        "unclosed-script": "<script>" * 30_000,
        "unclosed-title": "<title>" * 30_000,
        "style": "<style>" + "a{" * 100_000,
        "blockquotes": "<blockquote>" * 30_000 + "x",
        "links": "".join(f'<a href="http://x.example/{i}">l</a>' for i in range(6_000)),
        "nul": "<p>\0</p>\0" * 5_000,
    }.items():
        yield f"h33-html-{name}", mail("h33", html, page)
    yield (
        "h65-html-active",
        mail(
            "h65",
            html,
            "<script>alert(1)</script><iframe src=x></iframe><svg onload=alert(1)><p>text</p>"
            "<meta http-equiv=refresh content=0><base href=//x><style>@import url(x)</style>",
        ),
    )
    yield "h37-on-on-on", mail("h37", "", "On " * 30_000)
    yield "h37-on-lines", mail("h37", "", "On Monday wrote\n" * 30_000)
    yield "h37-wrote-colons", mail("h37", "", "a wrote:\n" * 30_000)
    yield "h37-quote-levels", mail("h37", "", ">" * 100_000 + " deep\n")
    yield "h37-quote-lines", mail("h37", "", "> " * 500 + "\n" + "> x\n" * 100_000)
    yield "h37-from-blocks", mail("h37", "", "From: a\nSent: b\nTo: c\nSubject: d\n" * 8_000)
    yield "h37-dashes", mail("h37", "", "-" * 300_000 + "\n" + "-- \n" * 50_000)
    yield "h37-underscores", mail("h37", "", "_" * 300_000 + "\n" + "____\n" * 40_000)
    yield "h37-spaces", mail("h37", "", " " * 500_000 + "x\n")
    yield "h37-blank-lines", mail("h37", "", "\n" * 300_000 + "x\n")
    yield (
        "h37-flowed",
        mail("h37", "Content-Type: text/plain; format=flowed; delsp=yes\n", "> a \n" * 60_000),
    )
    yield "h77-command-in-quote", mail("h77", "", "Thanks\n> @close\n")
    yield (
        "h81-template",
        mail(
            "h81", "", "{{7*7}} {% for %} ${7*7}", Subject="{{7*7}}", From="{{7*7}} <a@b.example>"
        ),
    )
    yield (
        "h87-sql",
        mail("h87", "", "'; DROP TABLE tickets; -- \x00\U0001f600\n", Subject="'; DROP TABLE"),
    )
    yield "h87-surrogates", mail("h87", "", "x", Subject="=?utf-8?b?7aCA?= =?utf-16?b?2AA=?=")
    yield (
        "h88-log-forge",
        mail("h88", "", "x\x1b[2J", Subject="=?utf-8?q?x=0A2026_INFO_all_well=1B[2J?="),
    )
    yield (
        "h100-combining",
        mail("h100", "Content-Type: text/plain; charset=utf-8\n", "a" + "\u0301" * 500_000),
    )
    yield "h100-fdfa", mail("h100", "Content-Type: text/plain; charset=utf-8\n", "\ufdfa" * 300_000)


def _multipart(
    name: str, inner: str, boundary: str = "B", head: str = "", subtype: str = "mixed"
) -> bytes:
    field = f'MIME-Version: 1.0\nContent-Type: multipart/{subtype}; boundary="{boundary}"{head}\n'
    return mail(name, field, inner)


def _parts() -> Iterator[Mail]:
    bad = "Content-Type: text/plain" + ";" * 2_000
    yield "h24-parts-bad-type", _multipart("h24", f"--B\n{bad}\n\nx\n" * 500 + "--B--\n")
    nested = "".join(
        f"--b{i}\nContent-Type: multipart/mixed; boundary=b{i + 1}\n\n" for i in range(3_000)
    )
    yield "h26-mime-depth-3000", _multipart("h26", nested + "--b3000\n\ndeep\n", "b0")
    inside = "Content-Type: message/rfc822\n\n" * 1_000
    yield "h27-rfc822-depth-1000", mail("h27", "MIME-Version: 1.0\n" + inside, "deep\n")
    yield "h28-parts-100k", _multipart("h28", "--B\n\n\n" * 100_000 + "--B--\n")
    yield (
        "h29-boundary-missing",
        mail("h29", "Content-Type: multipart/mixed\n", "--x\n\na\n--x--\n"),
    )
    yield "h29-boundary-empty", _multipart("h29", "--\n\na\n----\n", "")
    yield "h29-boundary-10k", _multipart("h29", f"--{'b' * 10_000}\n\na\n", "b" * 10_000)
    yield "h29-boundary-twice", _multipart("h29", "--B\n\na\n--B--\n", "B", "; boundary=C")
    yield "h29-boundary-regex", _multipart("h29", "--(a+)+$\n\na\n--(a+)+$--\n", "(a+)+$")
    yield (
        "h29-boundary-prefix",
        _multipart(
            "h29",
            '--a\nContent-Type: multipart/mixed; boundary="ab"\n\n--ab\n\nx\n--ab--\n--a--\n',
            "a",
        ),
    )
    yield (
        "h29-boundary-same",
        _multipart(
            "h29", '--B\nContent-Type: multipart/mixed; boundary="B"\n\n--B\n\nx\n--B--\n--B--\n'
        ),
    )
    yield "h29-boundary-lookalikes", _multipart("h29", "--Bx\n" * 200_000)
    yield "h29-boundary-spaces", _multipart("h29", f"--B{' ' * 300_000}x\n" * 3)
    yield "h29-no-parts", _multipart("h29", "only a preamble\n")
    yield "h29-unclosed", _multipart("h29", "--B\nContent-Type: text/plain\n\nopen end")
    yield "h29-closed-at-once", _multipart("h29", "--B--\n")
    for encoding in (
        "x-spam",
        "base64",
        "quoted-printable",
        "x-uuencode",
        "BASE64 ",
        "7bit; x",
        "text/html",
    ):
        yield (
            f"h35-encoding-{encoding.strip().replace('/', '-').replace('; ', '-').lower()}",
            mail(
                "h35", f"Content-Transfer-Encoding: {encoding}\n", "Not encoded at all, a=b=\n=\n"
            ),
        )
    lines = "\n".join(base64.b64encode(b"x" * 60_000).decode())
    yield "h35-base64-short-lines", mail("h35", "Content-Transfer-Encoding: base64\n", lines)
    yield "h35-base64-padding", mail("h35", "Content-Transfer-Encoding: base64\n", "=" * 200_000)
    yield "h35-base64-pieces", mail("h35", "Content-Transfer-Encoding: base64\n", "YQ==\n" * 50_000)
    yield (
        "h35-qp-equals",
        mail("h35", "Content-Transfer-Encoding: quoted-printable\n", "=\n" * 100_000),
    )


def _attached(name: str, parameter: str, content_type: str = "application/octet-stream") -> bytes:
    return _multipart(
        name,
        "--B\nContent-Type: text/plain\n\nSee the file.\n"
        f"--B\nContent-Type: {content_type}\nContent-Disposition: attachment; {parameter}\n"
        "Content-Transfer-Encoding: base64\n\nUEsDBA==\n--B--\n",
    )


def _names() -> Iterator[Mail]:
    for number, name in enumerate(
        (
            "../../etc/cron.d/x",
            "/etc/passwd",
            "C:\\\\windows\\\\system32\\\\x.dll",
            "\\\\\\\\server\\\\share\\\\x",
            "\u200b.htaccess",
            ".htaccess",
            "CON",
            ".",
            "..",
            "",
            "   ",
            "a" * 300 + ".pdf",
            "\U0001f600.png",
            "invoice\u202efdp.exe",
            "a\x01\x1b[2Jb.txt",
            "=?utf-8?q?x=0D=0ASet-Cookie:_a=3Db?=",
            "<img src=x onerror=alert(1)>.png",
            "=HYPERLINK(1)",
            "a;b;c.txt",
        )
    ):
        yield f"h70-name-{number}", _attached("h70", f'filename="{name}"')
    yield (
        "h72-rfc2231",
        _attached("h72", "filename*0*=utf-8''Pr%C3%BC; filename*1*=fung; filename*2=.pdf"),
    )
    yield "h72-rfc2231-order", _attached("h72", "filename*1=b.txt; filename*0=a; filename=c.txt")
    yield (
        "h72-rfc2231-broken",
        _attached("h72", "filename*=%%%; filename**=x; filename*9999=y; *=z; filename*x*=q"),
    )
    yield "h72-rfc2231-charset", _attached("h72", "filename*=rot13''%41; name*=''")
    yield "h72-rfc2231-many", _attached("h72", "".join(f"filename*{i}=a;" for i in range(2_000)))
    yield "h76-type-lie", _attached("h76", "filename=a.png", "image/png")
    yield "h68-html-file", _attached("h68", "filename=a.html", "text/html")
    yield "h36-zip", _attached("h36", "filename=42.zip", "application/zip")


def _words() -> Iterator[Mail]:
    yield (
        "h83-inject",
        mail(
            "h83",
            Subject="=?utf-8?q?x=0d=0aBcc:_v=40x?=",
            From="=?utf-8?q?a=0d=0aBcc:_v?= <a@b.example>",
        ),
    )
    yield "h64-xss", mail("h64", Subject='<script>alert(1)</script>"><img src=x onerror=alert(1)>')
    yield "h58-bidi-name", mail("h58", From="\u202emoc.ksed\u200b <evil@x.example>")
    yield "h95-eai", mail("h95", From="用户@例子.example", Subject="你好")
    yield (
        "h19-spam-payload",
        mail("h19", Subject="WIN http://spam.example", From="http://spam.example <v@x.example>"),
    )
    for number, word in enumerate(
        (
            "=?utf-8?q?spaces in word?=",
            "=?utf-8?b?w7w?=",
            "=?utf-8?b?w7w=?==?utf-8?b?w7w=?=",
            "=?utf-8?q?=C3?= =?utf-8?q?=BC?=",
            "=?utf-8*en?q?lang?=",
            "=?utf-8?x?what?=",
            "=?utf-8?q?",
            "=??q?x?=",
            "=?utf-8?q??=",
            "=?iso-2022-jp?b?GyRCJDMbKEI=?=",
            "=?utf-8?Q?a?b?=",
            "=?utf-8?b?====?=",
            '"=?utf-8?q?quoted?="',
        )
    ):
        yield f"h25-word-{number}", mail("h25", Subject=word)


def _containers() -> Iterator[Mail]:
    invite = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Meeting\nEND:VEVENT\nEND:VCALENDAR\n"
    yield "h90-calendar", mail("h90", "Content-Type: text/calendar; method=REQUEST\n", invite)
    tnef = base64.b64encode(b"\x78\x9f\x3e\x22\x01\x00" + b"\xff" * 600).decode()
    yield (
        "h90-tnef",
        _multipart(
            "h90",
            "--B\n\nSee the file.\n--B\nContent-Type: application/ms-tnef\n"
            f"Content-Transfer-Encoding: base64\n\n{tnef}\n--B--\n",
        ),
    )
    yield (
        "h90-smime",
        mail(
            "h90",
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n",
            "MIIB\n",
        ),
    )
    yield (
        "h90-pgp-encrypted",
        _multipart(
            "h90",
            "--B\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--B\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--B--\n",
            subtype="encrypted",
        ),
    )
    yield (
        "h90-pgp-signed",
        _multipart(
            "h90",
            "--B\n\nSigned words.\n--B\nContent-Type: application/pgp-signature\n\nsig\n--B--\n",
            subtype="signed",
        ),
    )


def huge_mails() -> Iterator[Mail]:
    """Mails of 5 to 50 MB."""
    makers: dict[str, Callable[[], bytes]] = {
        "h25-subject-5mb": lambda: mail("h25", Subject="word " * 1_000_000),
        "h37-line-5mb": lambda: mail("h37", "", "x" * 5_000_000),
        "h35-base64-49mb": lambda: _attached("h35", "filename=a.bin").replace(
            b"UEsDBA==", base64.encodebytes(b"\0" * 36_000_000)
        ),
        "h38-text-50mb": lambda: mail("h38", "", "some words and a line end\n" * 1_900_000),
        "h38-html-50mb": lambda: mail("h38", "Content-Type: text/html\n", "<p>words " * 5_500_000),
        "h38-high-octets-50mb": lambda: mail("h38") + random.Random(38).randbytes(50_000_000),
        "h29-lookalikes-50mb": lambda: _multipart("h29", "--Bx\n" * 8_000_000),
        "h26-nested-50mb": lambda: _multipart(
            "h26",
            "".join(
                f"--b{i}\nContent-Type: multipart/mixed; boundary=b{i + 1}\n\n" for i in range(40)
            )
            + "--nothing here\n" * 3_000_000,
            "b0",
        ),
        "h21-no-blank-line-50mb": lambda: b"X-Filler: words\r\n" * 2_900_000,
        "h21-continuations-50mb": lambda: mail("h21", Subject="\n x" * 12_000_000),
    }
    for name, make in makers.items():
        yield name, make()
