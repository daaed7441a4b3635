"""Mail of machines beside letters that speak of machines, made in the style of many systems.

    python -m tests.quality.machine_mail

Each sample: name, head (without Date, To and Message-ID), body, and what is true of it: the kind,
and for a bounce the recipient and status its words name ('' where it names none).
"""

from __future__ import annotations

from dataclasses import dataclass

from mailflow.mail.message import IncomingMessage, OwnIdentity, RawMessage
from mailflow.mail.parse import parse_message

OWN = OwnIdentity(frozenset({"support@desk.example"}), "mailflow.desk.example")
_BACK = (
    "Received: from desk.example by mx.example; Mon, 2 Mar 2026 10:00:00 +0000\n"
    "From: Support <support@desk.example>\nTo: kim@away.example\nSubject: Your question\n"
    "Message-ID: <t1.9@mailflow.desk.example>\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n\nHello Kim,\n"
)


@dataclass(frozen=True, slots=True)
class Machine:
    name: str
    head: str
    body: str
    kind: str
    recipient: str = ""
    status: str = ""

    @property
    def octets(self) -> bytes:
        rest = (
            "To: support@desk.example\nDate: Mon, 2 Mar 2026 10:05:00 +0000\n"
            f"Message-ID: <{self.name}@mx.example>\nMIME-Version: 1.0\n"
        )
        typed = (
            ""
            if "content-type:" in self.head.lower()
            else "Content-Type: text/plain; charset=utf-8\n"
        )
        return f"{self.head}\n{rest}{typed}\n{self.body}\n".encode()


def _bounce(
    name: str, head: str, body: str, status: str = "", recipient: str = "kim@away.example"
) -> Machine:
    return Machine(name, head, body, "bounce", recipient, status)


BOUNCES = (
    _bounce(
        "qmail",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice",
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<kim@away.example>:\n192.0.2.7 does not like recipient.\n"
        "Remote host said: 550 5.1.1 No such user here\nGiving up on 192.0.2.7.\n\n--- Below this line is a copy of the message.\n\n"
        + _BACK,
        "5.1.1",
    ),
    _bounce(
        "exim",
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\nX-Failed-Recipients: kim@away.example\nAuto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
        "  kim@away.example\n    SMTP error from remote mail server after RCPT TO:<kim@away.example>:\n    host mx.away.example [192.0.2.7]: 550 5.7.1 Relaying denied\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n" + _BACK,
        "5.7.1",
    ),
    _bounce(
        "barracuda",
        'Return-Path: <>\nFrom: "Spam Firewall" <postmaster@mx.example>\nSubject: **Message you sent blocked by our bulk email filter**',
        "Your message to: kim@away.example\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: Your question",
    ),
    _bounce(
        "sendmail-v5",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\nSubject: Returned mail: User unknown",
        "   ----- Transcript of session follows -----\n421 mx.example: Host down\n550 <kim@away.example>... User unknown\n\n   ----- Unsent message follows -----\n"
        + _BACK,
    ),
    _bounce(
        "postfix-old",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender",
        "This is the Postfix program at host mx.example.\n\nI'm sorry to have to inform you that your message could not be\nbe delivered to one or more recipients.\n\n<kim@away.example>: host mx.away.example[192.0.2.7] said: 552 5.2.2 Mailbox\n    full (in reply to RCPT TO command)\n",
        "5.2.2",
    ),
    _bounce(
        "exchange-2003",
        "From: System Administrator <postmaster@away.example>\nX-MS-Embedded-Report: \nSubject: Undeliverable: Your question",
        "Your message\n\n  To:      kim@away.example\n  Subject: Your question\n  Sent:    Mon, 2 Mar 2026 10:00:00 +0000\n\ndid not reach the following recipient(s):\n\nkim@away.example on Mon, 2 Mar 2026 10:00:01 +0000\n    The e-mail account does not exist at the organization this message was sent to.\n    <mx.away.example #5.1.1>\n",
        "5.1.1",
    ),
    _bounce(
        "office365-text",
        "Return-Path: <>\nFrom: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@away.example>\nSubject: Undeliverable: Your question",
        "Delivery has failed to these recipients or groups:\n\nkim@away.example<mailto:kim@away.example>\nThe email address you entered couldn't be found. Please check the recipient's email address and try to resend the message.\n\nDiagnostic information for administrators:\n\nGenerating server: X.away.example\n\nkim@away.example\nRemote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'\n",
        "5.1.10",
    ),
    _bounce(
        "office365-de",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Unzustellbar: Ihre Frage",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\nkim@away.example\nDie eingegebene E-Mail-Adresse konnte nicht gefunden werden.\n\nRemote Server returned '550 5.1.1 User unknown'\n",
        "5.1.1",
    ),
    _bounce(
        "office365-fr",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Non remis : Votre question",
        "Votre message n'a pas pu être remis à kim@away.example.\n\nRemote Server returned '550 5.1.10 Recipient not found'\n",
        "5.1.10",
    ),
    _bounce(
        "office365-es",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: No se puede entregar: Su pregunta",
        "No se pudo entregar el mensaje a kim@away.example.\n\nEl servidor remoto devolvió '550 5.1.1 usuario desconocido'\n",
        "5.1.1",
    ),
    _bounce(
        "office365-it",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Non recapitabile: La sua domanda",
        "Impossibile recapitare il messaggio a kim@away.example.\n\nIl server remoto ha restituito '550 5.4.1 accesso negato'\n",
        "5.4.1",
    ),
    _bounce(
        "office365-nl",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Onbestelbaar: Uw vraag",
        "Uw bericht aan kim@away.example kan niet worden bezorgd.\n\nRemote Server returned '550 5.1.1'\n",
        "5.1.1",
    ),
    _bounce(
        "office365-sv",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Kan inte leverera: Din fråga",
        "Ditt meddelande till kim@away.example kunde inte levereras.\n\nRemote Server returned '550 5.1.1'\n",
        "5.1.1",
    ),
    _bounce(
        "office365-da",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Kan ikke leveres: Dit spørgsmål",
        "Din meddelelse til kim@away.example kunne ikke leveres.\n\n550 5.1.1 User unknown\n",
        "5.1.1",
    ),
    _bounce(
        "office365-pl",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Nie można dostarczyć: Pytanie",
        "Nie można dostarczyć wiadomości do kim@away.example.\n\n550 5.1.1 User unknown\n",
        "5.1.1",
    ),
    _bounce(
        "office365-cs",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Nedoručitelné: Dotaz",
        "Vaši zprávu pro kim@away.example nelze doručit.\n\n550 5.1.1 User unknown\n",
        "5.1.1",
    ),
    _bounce(
        "office365-fi",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Toimittaminen epäonnistui: Kysymys",
        "Viestiä ei voitu toimittaa vastaanottajalle kim@away.example.\n\n550 5.1.1 User unknown\n",
        "5.1.1",
    ),
    _bounce(
        "office365-ja",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: 配信不能: ご質問",
        "kim@away.example へのメッセージを配信できませんでした。\n\n550 5.1.10 RESOLVER.ADR.RecipientNotFound\n",
        "5.1.10",
    ),
    _bounce(
        "office365-zh",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: 无法投递: 您的问题",
        "您发送到 kim@away.example 的邮件无法送达。\n\n550 5.1.1 User unknown\n",
        "5.1.1",
    ),
    _bounce(
        "office365-tr",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Teslim Edilemedi: Sorunuz",
        "kim@away.example adresine iletiniz teslim edilemedi.\n\n550 5.1.1 User unknown\n",
        "5.1.1",
    ),
    _bounce(
        "office365-ru",
        "Return-Path: <>\nFrom: Microsoft Outlook <postmaster@away.example>\nSubject: Не удается доставить: Ваш вопрос",
        "Не удалось доставить сообщение получателю kim@away.example.\n\n550 5.1.1 User unknown\n",
        "5.1.1",
    ),
    _bounce(
        "gmail-plain",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\nX-Failed-Recipients: kim@away.example\nAuto-Submitted: auto-replied\nSubject: Delivery Status Notification (Failure)",
        "** Address not found **\n\nYour message wasn't delivered to kim@away.example because the address couldn't be found, or is unable to receive mail.\n\nThe response was:\n\n550 5.1.1 The email account that you tried to reach does not exist.\n",
        "5.1.1",
    ),
    _bounce(
        "yahoo",
        "Return-Path: <>\nFrom: MAILER-DAEMON@yahoo.example\nSubject: Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\n\n<kim@away.example>:\n554: 5.7.9 Message not accepted for policy reasons.\n\n--- Below this line is a copy of the message.\n\n"
        + _BACK,
        "5.7.9",
    ),
    _bounce(
        "courier",
        'Return-Path: <>\nFrom: "Courier mail server at mx.example" <postmaster@mx.example>\nSubject: NOTICE: mail delivery status.',
        "This is a delivery status notification from mx.example,\nrunning the Courier mail server, version 0.65.\n\nThe original message was received on Mon, 2 Mar 2026 10:00:00 +0000\nfrom desk.example\n\n---------------------------------------------------------------------------\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<kim@away.example>:\n    mx.away.example [192.0.2.7]:\n>>> RCPT TO:<kim@away.example>\n<<< 550 5.1.1 unknown user\n",
        "5.1.1",
    ),
    _bounce(
        "domino",
        "From: Postmaster@away.example\nReturn-Path: <>\nSubject: DELIVERY FAILURE: User kim (kim@away.example) not listed in Domino\n Directory",
        "Your message\n\n  Subject: Your question\n\nwas not delivered to:\n\n  kim@away.example\n\nbecause:\n\n  User kim (kim@away.example) not listed in Domino Directory\n",
    ),
    _bounce(
        "groupwise",
        "From: Mailer-Daemon@away.example\nSubject: Message status - undeliverable",
        "The message that you sent was undeliverable to the following:\n\tkim@away.example (user not found)\n\nPossibly truncated original message follows:\n"
        + _BACK,
    ),
    _bounce(
        "imail",
        'From: "Mail Delivery Subsystem" <postmaster@away.example>\nX-Mailer: <SMTP32 v8.22>\nSubject: Undeliverable Mail',
        "Unknown user: kim@away.example\n\nRCPT TO generated following response:\n550 unknown user <kim@away.example>\n\nOriginal message follows.\n\n"
        + _BACK,
    ),
    _bounce(
        "mdaemon",
        'From: "MDaemon at mx.example" <MDaemon@mx.example>\nReturn-Path: <>\nSubject: Permanent Delivery Failure',
        "The attached message had PERMANENT fatal delivery errors!\n\nAfter one or more unsuccessful delivery attempts the attached message has\nbeen removed from the mail queue on this server.\n\nFailed address: kim@away.example\n\n--- Session Transcript ---\n<-- 550 5.1.1 unknown recipient\n",
        "5.1.1",
    ),
    _bounce(
        "surgemail",
        'From: "Mail Delivery System" <postmaster@mx.example>\nReturn-Path: <>\nSubject: Undeliverable mail (kim@away.example)',
        "Your message could not be delivered to kim@away.example\nError: 550 5.1.1 No such mailbox\n",
        "5.1.1",
    ),
    _bounce(
        "mailenable",
        "From: Postmaster <postmaster@mx.example>\nReturn-Path: <>\nSubject: Message Delivery Failure",
        "MailEnable: Message Delivery Failure.\n\nThe following recipient(s) could not be reached:\n\n\tRecipient: [SMTP:kim@away.example]\n\tReason: 550 5.1.1 unknown user\n",
        "5.1.1",
    ),
    _bounce(
        "zoho",
        "From: mailer-daemon@mail.zoho.example\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender",
        "This message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\nkim@away.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 No such user\n",
        "5.1.1",
    ),
    _bounce(
        "mail.ru",
        "From: mailer-daemon@corp.mail.example\nReturn-Path: <>\nX-Failed-Recipients: kim@away.example\nSubject: Mail failure.",
        "Это письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.\n\nК сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n**********************\n\nkim@away.example\nTemporarily unavailable\n550 5.7.0 spam message rejected\n\n**********************\n",
        "5.7.0",
    ),
    _bounce(
        "qq",
        "From: PostMaster@qq.example\nReturn-Path: <>\nSubject: 系统退信/Systems bounce",
        "抱歉，您的邮件被退回来了……\n原邮件信息：\n收件人：kim@away.example\n退信原因：收件人邮件地址（kim@away.example）不存在，邮件无法送达。\n550 5.1.1 Mailbox not found\n",
        "5.1.1",
    ),
    _bounce(
        "naver",
        "From: MAILER-DAEMON@naver.example\nReturn-Path: <>\nSubject: [네이버메일] 메일 전송 실패 안내",
        "메일이 전송되지 못했습니다.\n받는사람 : kim@away.example\n실패사유 : 550 5.1.1 존재하지 않는 사용자입니다\n",
        "5.1.1",
    ),
    _bounce(
        "biglobe",
        'From: "Mail Delivery System" <postmaster@biglobe.example>\nReturn-Path: <>\nSubject: メールを配送できませんでした。',
        "----- The following addresses had delivery problems -----\n********@biglobe.example kim@away.example\n\n----- Non-delivered information -----\nThe number of messages in recipient's mailbox exceeded the local limit.\n",
    ),
    _bounce(
        "ezweb",
        "From: Postmaster@ezweb.example\nReturn-Path: <>\nSubject: Mail System Error - Returned Mail",
        "The user(s) account is disabled.\n\n<kim@away.example>\n\n[Each of the following recipients was rejected by a remote mail server.]\n\n    Recipient: <kim@away.example>\n    >>> RCPT TO:<kim@away.example>\n    <<< 550 <kim@away.example>: User unknown\n",
    ),
    _bounce(
        "messagelabs",
        "From: MAILER-DAEMON@messagelabs.example\nReturn-Path: <>\nSubject: Mail Delivery Failure",
        "This is the mail delivery agent at messagelabs.example.\nI was unable to deliver your message to the following addresses:\n\nkim@away.example\n\nReason: 542 kim@away.example Rejected\n\nThe message subject was: Your question\nThe message date was: Mon, 02 Mar 2026 10:00:00 +0000\n",
    ),
    _bounce(
        "mimecast",
        "From: Mail Delivery System <postmaster@mimecast.example>\nReturn-Path: <>\nSubject: [Postmaster] Email Delivery Failure",
        "Email Delivery Failure\n\nYour message to kim@away.example was rejected.\n550 Administrative prohibition - envelope blocked\n",
    ),
    _bounce(
        "mcafee",
        "From: MXLogic Mailer Daemon <postmaster@mxlogic.example>\nReturn-Path: <>\nSubject: Delivery Failure",
        "A message that you sent could not be delivered.\n--- The following addresses had delivery problems ---\n\n<kim@away.example>   (User unknown kim@away.example)\n\n--------- Returned message --------\n"
        + _BACK,
    ),
    _bounce(
        "opensmtpd",
        "From: Mailer Daemon <MAILER-DAEMON@mx.example>\nReturn-Path: <>\nSubject: Delivery status notification: error",
        "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nkim@away.example: 550 5.1.1 <kim@away.example>: Recipient address rejected\n\n    Below is a copy of the original message:\n\n"
        + _BACK,
        "5.1.1",
    ),
    _bounce(
        "stalwart",
        'From: "Mail Delivery Subsystem" <MAILER-DAEMON@mx.example>\nReturn-Path: <>\nSubject: Failed to deliver message',
        "Your message could not be delivered to the following recipients:\n\n<kim@away.example> (host 'mx.away.example' rejected command 'RCPT TO:<kim@away.example>' with code 550 (5.1.1) 'User unknown')\n",
        "5.1.1",
    ),
    _bounce(
        "haraka",
        "From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: failure notice",
        "I am sorry to have to inform you that your message could not be delivered to one or more recipients.\n\nThe message could not be delivered to: <kim@away.example>\nReason: 550 5.4.4 no MX\n",
        "5.4.4",
    ),
    _bounce(
        "james",
        "From: postmaster@mx.example\nReturn-Path: <>\nSubject: Re: Your question",
        "Hi. This is the James mail server at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.  Below\nI include the list of recipients and the reason why I was unable to deliver\nyour message.\n\nFailed recipient(s):\nkim@away.example\n\nError message:\n550 5.1.1 unknown user\n",
        "5.1.1",
    ),
    _bounce(
        "mailgun-forward",
        "From: Mail Delivery System <bounce@relay.example>\nReturn-Path: <>\nSubject: Undeliverable: Your question",
        "We could not deliver your email to kim@away.example.\n\nError: 550 5.1.1 Recipient unknown\n",
        "5.1.1",
    ),
    _bounce(
        "lotus-de",
        "From: postmaster@away.example\nReturn-Path: <>\nSubject: Zustellung fehlgeschlagen",
        "Ihre Nachricht konnte nicht zugestellt werden an:\n\n  kim@away.example\n\nGrund: 550 5.1.1 Benutzer unbekannt\n",
        "5.1.1",
    ),
    _bounce(
        "tobit",
        "From: Tobit.Software <postmaster@away.example>\nReturn-Path: <>\nSubject: Unzustellbare Nachricht",
        "Die folgende Nachricht konnte nicht zugestellt werden.\nEmpfänger: kim@away.example\n",
    ),
    _bounce(
        "no-dot-code",
        "From: Mail Administrator <Postmaster@away.example>\nReturn-Path: <>\nSubject: Mail System Error - Returned Mail",
        "This Message was undeliverable due to the following reason:\n\nThe user(s) account is temporarily over quota.\n\n<kim@away.example>\n\nPlease reply to Postmaster@away.example\nif you feel this message to be in error.\n",
    ),
)

_DSN = (
    "--b\n\nThe mail system reports.\n--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example\n\n{blocks}\n--b\nContent-Type: text/rfc822-headers\n\n"
    + _BACK
    + "--b--\n"
)
_REPORT = 'Content-Type: multipart/report; report-type="delivery-status"; boundary="b"'


def _dsn(name: str, blocks: str, kind: str = "bounce", status: str = "5.1.1") -> Machine:
    head = f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Report\n{_REPORT}"
    return Machine(name, head, _DSN.format(blocks=blocks), kind, "kim@away.example", status)


DSNS = (
    _dsn("dsn", "Final-Recipient: rfc822; kim@away.example\nAction: failed\nStatus: 5.1.1"),
    _dsn("dsn-upper", "FINAL-RECIPIENT: RFC822;KIM@AWAY.EXAMPLE\nACTION: Failed\nSTATUS: 5.1.1"),
    _dsn(
        "dsn-angle",
        "Final-Recipient: RFC822; <kim@away.example>\nAction: failed (no user)\nStatus: 5.1.1 (bad)",
    ),
    _dsn(
        "dsn-delay",
        "Final-Recipient: rfc822; kim@away.example\nAction: delayed\nStatus: 4.4.1",
        "delay",
        "4.4.1",
    ),
    _dsn(
        "dsn-relayed",
        "Final-Recipient: rfc822; kim@away.example\nAction: relayed\nStatus: 2.0.0",
        "receipt",
        "2.0.0",
    ),
    _dsn(
        "dsn-original-only",
        "Original-Recipient: rfc822;kim@away.example\nAction: failed\nStatus: 5.1.1",
    ),
    _dsn(
        "dsn-no-status",
        "Final-Recipient: rfc822; kim@away.example\nAction: failed\nDiagnostic-Code: smtp; 550 5.1.1 gone",
    ),
    _dsn(
        "dsn-diagnostic-other",
        "Final-Recipient: rfc822; kim@away.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.7.1 blocked",
    ),
    _dsn("dsn-utf8", "Final-Recipient: utf-8; kim@away.example\nAction: failed\nStatus: 5.1.1"),
    _dsn(
        "dsn-two",
        "Final-Recipient: rfc822; kim@away.example\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; lee@away.example\nAction: failed\nStatus: 5.2.2",
    ),
    _dsn(
        "dsn-crowded",
        "Final-Recipient: rfc822; kim@away.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; x\nLast-Attempt-Date: Mon, 2 Mar 2026 10:00:00 +0000",
    ),
    _dsn(
        "dsn-folded",
        "Final-Recipient:\n rfc822; kim@away.example\nAction:\n failed\nStatus:\n 5.1.1",
    ),
    _dsn(
        "dsn-expired",
        "Final-Recipient: rfc822; kim@away.example\nAction: expired\nStatus: 5.4.7",
        "bounce",
        "5.4.7",
    ),
    _dsn(
        "dsn-x500",
        "Original-Recipient: rfc822;kim@away.example\nFinal-Recipient: x400; /c=de/s=kim/\nAction: failed\nStatus: 5.1.1",
    ),
)


def _reply(name: str, head: str, body: str = "I am away until Monday.") -> Machine:
    return Machine(name, f"From: Kim <kim@away.example>\n{head}", body, "auto-reply")


AUTO_REPLIES = (
    _reply(
        "gmail-vacation",
        "Subject: Out of the office Re: Your question\nPrecedence: bulk\nX-Autoreply: yes\nAuto-Submitted: auto-replied",
    ),
    _reply(
        "exchange-en",
        "Subject: Automatic reply: Your question\nX-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\nX-MS-Exchange-Inbox-Rules-Loop: kim@away.example",
    ),
    _reply("rfc3834", "Subject: Auto: Your question\nAuto-Submitted: auto-replied (vacation)"),
    _reply(
        "sieve",
        "Subject: Automated reply to: Your question\nAuto-Submitted: auto-replied (vacation)\nX-Sieve: Pigeonhole",
    ),
    _reply(
        "zimbra",
        "Subject: Re: Your question\nAuto-Submitted: auto-replied (zimbra; vacation)\nPrecedence: bulk",
    ),
    _reply(
        "cpanel",
        "Subject: Away\nX-Autorespond: Your question\nX-Precedence: auto_reply\nAuto-Submitted: auto-replied",
    ),
    _reply("plesk", "Subject: Re: Your question\nX-Autoreply: true\nPrecedence: auto_reply"),
    _reply("exim-autoreply", "Subject: Away from my desk\nAuto-Submitted: auto-replied"),
    _reply(
        "procmail", "Subject: vacation\nX-Loop: kim@away.example\nPrecedence: junk\nX-Vacation: yes"
    ),
    _reply(
        "icloud",
        "Subject: Auto-Reply: Your question\nAuto-Submitted: auto-replied\nX-Autoreply: YES",
    ),
    _reply(
        "yahoo",
        "Subject: Re: Your question\nX-Yahoo-Auto-Responder: 1\nAuto-Submitted: auto-replied",
    ),
    _reply(
        "hotmail",
        "Subject: Automatic reply: Your question\nX-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
    ),
    *(
        _reply(f"subject-{number}", f"Subject: {subject}")
        for number, subject in enumerate(
            (
                "Automatic reply: Your question",
                "Out of Office: Re: Your question",
                "OOO: Your question",
                "Out of office until 9 March",
                "Automatische Antwort: Ihre Frage",
                "AW: Abwesenheitsnotiz: Ihre Frage",
                "Abwesenheit",
                "Ich bin im Urlaub: Ihre Frage",
                "Réponse automatique : Votre question",
                "Absence du bureau : Votre question",
                "Respuesta automática: Su pregunta",
                "Fuera de la oficina: Su pregunta",
                "Risposta automatica: La sua domanda",
                "Fuori sede: La sua domanda",
                "Resposta automática: A sua pergunta",
                "Ausência temporária: A sua pergunta",
                "Automatisch antwoord: Uw vraag",
                "Afwezigheidsbericht: Uw vraag",
                "Automatyczna odpowiedź: Pytanie",
                "Odpowiedź automatyczna: Pytanie",
                "Autosvar: Din fråga",
                "Frånvaromeddelande: Din fråga",
                "Automatisk svar: Dit spørgsmål",
                "Automatisk svar: Spørsmålet ditt",
                "Fraværsmelding: Spørsmålet ditt",
                "Automaattinen vastaus: Kysymys",
                "Poissaoloilmoitus: Kysymys",
                "Automatická odpověď: Dotaz",
                "Automatická odpoveď: Otázka",
                "Автоматический ответ: Ваш вопрос",
                "Автоответ: Ваш вопрос",
                "Автоматична відповідь: Ваше питання",
                "Otomatik Yanıt: Sorunuz",
                "Automatikus válasz: Kérdés",
                "Răspuns automat: Întrebare",
                "Αυτόματη απάντηση: Ερώτηση",
                "Automatski odgovor: Pitanje",
                "自動返信: ご質問",
                "不在通知: ご質問",
                "自动答复: 您的问题",
                "自动回复: 您的问题",
                "自動回覆: 您的問題",
                "자동 회신: 질문",
                "자동응답: 질문",
                "부재중 알림",
                "رد تلقائي: سؤالك",
                "תשובה אוטומטית: שאלה",
                "Trả lời tự động: câu hỏi",
                "Balasan otomatis: pertanyaan",
                "ตอบกลับอัตโนมัติ: คำถาม",
                "Out of Office Re: Your question",
                "Away: Your question",
                "Kim is out of office",
                "Vacation: back on 9 March",
                "Holiday autoreply",
                "I am out of the office",
                "Urlaub bis 9. März: Ihre Frage",
                "En vacances jusqu'au 9 mars",
                "Automatisk besked: Dit spørgsmål",
                "Auto Response: Your question",
                "Thank you for your email (auto response)",
                "[Auto-Reply] Your question",
            )
        )
    ),
)

_ARF = (
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
    "--b\n\nThis is an abuse report.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n\n--b\nContent-Type: message/rfc822\n\n"
    + _BACK
    + "--b--",
)
_MDN = (
    'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
    "--b\n\nYour message was displayed.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; kim@away.example\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--",
)

OTHERS = (
    Machine("arf", f"From: fbl@isp.example\nSubject: Abuse report\n{_ARF[0]}", _ARF[1], "report"),
    Machine(
        "mdn",
        f"From: kim@away.example\nSubject: Read: Your question\n{_MDN[0]}",
        _MDN[1],
        "receipt",
    ),
    Machine(
        "mdn-fr",
        f"From: kim@away.example\nSubject: Lu : Votre question\n{_MDN[0]}",
        _MDN[1],
        "receipt",
    ),
    Machine(
        "mdn-words",
        "From: kim@away.example\nSubject: Gelesen: Ihre Frage",
        "Ihre Nachricht\n\n  An: Kim\n  Betreff: Ihre Frage\n\nwurde am Montag, 2. März 2026 10:00 gelesen.",
        "receipt",
    ),
    Machine(
        "notes-away-de",
        "From: kim@away.example\nSubject: Kim Lee ist außer Haus",
        "Ich werde ab 03.03.2026 nicht im Büro sein. Ich kehre zurück am 09.03.2026.",
        "auto-reply",
    ),
    Machine(
        "notes-away-fr",
        "From: kim@away.example\nSubject: Kim Lee est absente du bureau.",
        "Je serai absente du 03/03/2026 au 09/03/2026.",
        "auto-reply",
    ),
    Machine(
        "qmail-keeps-trying",
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: deferral notice",
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is not a permanent error; I will keep trying for 3 days.\n\n<kim@away.example>:\nCNAME lookup failed temporarily.",
        "delay",
    ),
    Machine(
        "says-automatic",
        "From: Vendor <help@vendor.example>\nSubject: [#12] We received your request",
        "Thank you for contacting us. This is an automated response confirming the receipt of your ticket.",
        "notification",
    ),
    Machine(
        "says-automatic-es",
        "From: Vendor <help@vendor.example>\nSubject: Su solicitud 12",
        "Hemos recibido su solicitud.\n\nPor favor, no responda a este mensaje.",
        "notification",
    ),
    Machine(
        "says-automatic-ja",
        "From: Vendor <help@vendor.example>\nSubject: 受付番号12",
        "お問い合わせを受け付けました。\n\n※本メールは自動送信です。",
        "notification",
    ),
    Machine(
        "mdn-notes",
        "From: kim@away.example\nSubject: Return Receipt (displayed) - Your question",
        "Your document:\n    Your question\nwas received by:\n    Kim/Away\nat:\n    03/02/2026 10:00:00 AM",
        "receipt",
    ),
    Machine(
        "mdn-exchange-de",
        "From: kim@away.example\nSubject: Gelesen: Ihre Frage",
        "Ihre Nachricht\n\n   An: Kim\n   Betreff: Ihre Frage\n   Gesendet: Montag, 2. März 2026 10:00:00\n\nwurde am Montag, 2. März 2026 10:05:00 gelesen.",
        "receipt",
    ),
    Machine(
        "dmarc",
        "From: dmarc@isp.example\nSubject: Report Domain: desk.example Submitter: isp.example Report-ID: <1>",
        "x",
        "report",
    ),
    Machine(
        "tlsrpt",
        'From: tls@isp.example\nTLS-Report-Domain: desk.example\nSubject: Report\nContent-Type: multipart/report; report-type=tlsrpt; boundary="b"',
        "--b\n\nx\n--b--",
        "report",
    ),
    Machine(
        "boxbe",
        "From: Kim <kim@away.example>\nSubject: Please confirm your message to Kim (Action Required)",
        "Hello,\n\nYour message is waiting. Please click the link below to confirm that you are a real person, and it will be delivered.\nhttps://challenge.example/1",
        "auto-reply",
    ),
    Machine(
        "tmda",
        "From: Kim <kim@away.example>\nX-TMDA-Confirm: 1\nSubject: Please confirm your message",
        "This message was created automatically by mail delivery software (TMDA). Your message is being held.",
        "auto-reply",
    ),
    Machine(
        "spamarrest",
        "From: Kim <kim@away.example>\nX-SpamArrest: 1\nSubject: Re: Your question (verification)",
        "I'm protecting myself from junk mail. Click to verify that you are human.",
        "auto-reply",
    ),
    Machine(
        "mailinblack",
        "From: Kim <kim@away.example>\nSubject: Demande d'authentification de votre email",
        "Cliquez sur ce lien pour que votre message soit remis à son destinataire.",
        "auto-reply",
    ),
    Machine(
        "mailman",
        "From: Lee <lee@other.example>\nSubject: [users] printer\nList-Id: <users.list.example>\nList-Post: <mailto:users@list.example>\nPrecedence: list",
        "Does it print?",
        "list",
    ),
    Machine(
        "google-groups",
        "From: Lee <lee@other.example>\nSubject: printer\nPrecedence: list\nMailing-list: list g@groups.example\nList-ID: <g.groups.example>",
        "Does it print?",
        "list",
    ),
    Machine(
        "listserv",
        "From: Lee <lee@other.example>\nSubject: printer\nList-Owner: <mailto:x@list.example>\nPrecedence: list",
        "Does it print?",
        "list",
    ),
    Machine(
        "newsletter",
        "From: Shop <news@shop.example>\nSubject: Our offers\nList-Unsubscribe: <https://shop.example/u>\nPrecedence: bulk",
        "Buy!",
        "bulk",
    ),
    Machine(
        "newsletter-clicked",
        "From: Shop <hello@shop.example>\nSubject: Our offers\nList-Unsubscribe: <https://shop.example/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Buy!",
        "bulk",
    ),
    Machine(
        "mailchimp",
        "From: Shop <hello@shop.example>\nSubject: Our offers\nX-MC-User: 1\nFeedback-ID: 1:2:mc\nList-Unsubscribe: <https://shop.example/u>",
        "Buy!",
        "bulk",
    ),
    Machine(
        "github",
        "From: Lee <notifications@git.example>\nX-GitHub-Reason: mention\nSubject: [x/y] broken (#1)",
        "@support look",
        "notification",
    ),
    Machine(
        "cron",
        "From: root <root@host.example>\nSubject: Cron <root@host> /bin/backup\nX-Cron-Env: <SHELL=/bin/sh>\nAuto-Submitted: auto-generated",
        "done",
        "notification",
    ),
    Machine(
        "shop-noreply",
        "From: Shop <no-reply@shop.example>\nSubject: Your order",
        "Thank you for your order 12.",
        "notification",
    ),
    Machine(
        "monitor",
        "From: monitoring@host.example\nSubject: PROBLEM: disk\nAuto-Submitted: auto-generated",
        "disk full",
        "notification",
    ),
    Machine(
        "exim-delay",
        "Return-Path: <>\nFrom: Mail Delivery System <Mailer-Daemon@mx.example>\nAuto-Submitted: auto-replied\nSubject: Warning: message 1abc delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.\n\nThe address to which the message has not yet been delivered is:\n\n  kim@away.example\n\nNo action is required on your part. Delivery attempts will continue for\nsome time.",
        "delay",
        "kim@away.example",
    ),
    Machine(
        "sendmail-delay",
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\nSubject: Warning: could not send message for past 4 hours",
        "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\nThe original message was received at Mon, 2 Mar 2026 10:00:00 GMT\n\n   ----- The following addresses had transient non-fatal errors -----\n<kim@away.example>\n",
        "delay",
        "kim@away.example",
    ),
)


def _person(name: str, head: str, body: str) -> Machine:
    return Machine(name, f"From: Pat <pat@customer.example>\n{head}", body, "person")


PEOPLE = (
    *tuple(
        _person(f"person-{number}", f"Subject: {subject}", body)
        for number, (subject, body) in enumerate(
            (
                (
                    "Undeliverable mail",
                    "Hello, when I write to you I get 'undeliverable'. What can I do?\nPat",
                ),
                (
                    "Re: Delivery failed",
                    "The parcel was not delivered. The driver said delivery failed.\nPat",
                ),
                (
                    "Delivery status",
                    "What is the delivery status of order 12? It was not delivered.\nPat",
                ),
                (
                    "Mail delivery problem",
                    "My mails to kim@away.example bounce with 550 5.1.1 user unknown. Why?\nPat",
                ),
                (
                    "Returned mail",
                    "I sent the printer back by mail on Monday. Did you receive it?\nPat",
                ),
                ("Vacation request", "How do I enter a vacation request in your app?\nPat"),
                ("Holiday house", "Is the house free in August?\nPat"),
                ("Out of stock?", "Your shop says out of stock.\nPat"),
                (
                    "A strange mail",
                    "I got this from you:\n\nThis is an automated message. Your account is locked.\n\nIs it yours?\nPat",
                ),
                ("Urlaub", "Ich möchte bis zum 9. März meinen Vertrag pausieren.\nPat"),
                ("自動返信について", "自動返信の設定方法を教えてください。\nPat"),
                ("Re: Automatic reply: printer", "Thanks, but I need a person.\nPat"),
                ("Abwesenheitsnotiz einrichten", "Wie richte ich eine Abwesenheitsnotiz ein?\nPat"),
                ("Automatische Antwort kommt nicht an", "Sie kommt bei mir nicht an.\nPat"),
                ("Respuesta automática", "¿Cómo la configuro?\nPat"),
                ("Risposta automatica non parte", "Errore 12.\nPat"),
                ("Office chair", "The chair is broken.\nPat"),
                ("Auto repair", "My auto needs a repair.\nPat"),
                ("Automatic doors", "The automatic doors do not open.\nPat"),
                ("Automatic updates fail", "Error 12.\nPat"),
                (
                    "How do I set an out of office reply?",
                    "I am on leave next week and need an automatic reply.\nPat",
                ),
                ("Read receipts", "How do I turn read receipts off?\nPat"),
                ("Confirm my order", "Please confirm my order 12.\nPat"),
                ("Please verify my account", "I cannot log in. Please verify my account.\nPat"),
                ("Your mailing list", "Please take me off your mailing list.\nPat"),
                ("Unsubscribe", "Please unsubscribe me.\nPat"),
                ("Absence of sound", "There is no sound.\nPat"),
                ("Urlaub buchen", "Ich möchte einen Urlaub buchen.\nPat"),
                ("Im Urlaub kein Netz", "Im Urlaub hatte ich kein Netz. Was tun?\nPat"),
                ("Zustellung", "Wann kommt die Zustellung? Sie ist fehlgeschlagen.\nPat"),
                ("Warnung", "Ihre App zeigt eine Warnung.\nPat"),
                ("Read: the manual is wrong", "Page 12 is wrong.\nPat"),
                ("Away game tickets", "Are there tickets left?\nPat"),
                ("Vacation rental: question", "Is it free?\nPat"),
                ("Congé parental", "Comment demander un congé parental ?\nPat"),
                ("En vacances, impossible de me connecter", "Je suis à l'étranger.\nPat"),
                ("Ferie", "Siete aperti durante le ferie?\nPat"),
                (
                    "Failure notice from your server",
                    "I got this from your server, what does it mean?\n\nPat",
                ),
                (
                    "Fwd: Undelivered Mail Returned to Sender",
                    "See below, why did this happen?\n\n-------- Forwarded Message --------\nSubject: Undelivered Mail Returned to Sender\nDate: Mon, 2 Mar 2026\nFrom: MAILER-DAEMON@mx.example\nTo: pat@customer.example\n\nI'm sorry to have to inform you that your message could not be delivered.\n<kim@away.example>: 550 5.1.1 unknown",
                ),
                ("System administrator wanted", "We look for a system administrator.\nPat"),
                (
                    "Auto-reply does not work",
                    "I configured the auto reply, and nothing is sent.\nPat",
                ),
                ("Delayed delivery", "My order is delayed. When will it be delivered?\nPat"),
                (
                    "Automatic reply from you",
                    "I got an automatic reply and nothing since. Please answer.\nPat",
                ),
                ("Nieobecność kuriera", "Kuriera nie było. Co teraz?\nPat"),
                ("Abwesenheit erfassen geht nicht", "Es kommt Fehler 12.\nPat"),
                ("Fravær kan ikke registreres", "Feil 12 kommer opp.\nPat"),
                ("Poissaolo ei tallennu", "Virhe 12.\nPat"),
                ("Afwezigheid doorgeven lukt niet", "Fout 12.\nPat"),
                (
                    "Message not delivered to kim",
                    "My colleague says my message was not delivered.\nPat",
                ),
            )
        )
    ),
    _person(
        "person-suppress",
        "Subject: printer\nX-Auto-Response-Suppress: DR, RN, NRN",
        "It is broken.",
    ),
    _person("person-auto-no", "Subject: printer\nAuto-Submitted: no", "It is broken."),
    _person(
        "person-priority",
        "Subject: printer\nX-Priority: 1\nPrecedence: first-class",
        "It is broken.",
    ),
)
SAMPLES = (*BOUNCES, *DSNS, *AUTO_REPLIES, *OTHERS, *PEOPLE)


def read(sample: Machine) -> IncomingMessage:
    return parse_message(RawMessage(sample.octets), OWN)


def faults() -> list[str]:
    """Where kind, recipient, status or the answer is not as it should be, a line each."""
    found = []
    for one in SAMPLES:
        message = read(one)
        kind = message.origin.kind.value
        if kind != one.kind:
            found.append(f"{one.name}: {kind} ({message.origin.rule}), not {one.kind}")
        if message.may_answer.value != (one.kind == "person"):
            found.append(f"{one.name}: may be answered: {message.may_answer}")
        if one.recipient:
            listed = message.bounce.recipients if message.bounce else ()
            first = [(each.address.lower(), each.status) for each in listed][:1]
            if first != [(one.recipient, one.status)]:
                found.append(f"{one.name}: {first}, not {one.recipient} {one.status!r}")
    return found


if __name__ == "__main__":
    wrong = faults()
    print(f"made machine mail: {len(SAMPLES)} samples, {len(wrong)} faults")
    print("\n".join(wrong))
