"""The words of delivery failures that mail systems write without a machine-readable part.

Tables only; ``bounce.py`` reads mail with them. Case-folded, matched anywhere in the first lines.
"""

from __future__ import annotations

import re
from typing import Final

#: Subjects of bounces. Beside each group the system or language it is for.
SUBJECT: Final = re.compile(
    r"undeliver(?:ed|able)|undeliverable|"  # Exchange, Postfix, many
    r"(?:mail|message|e-?mail)\s?delivery (?:has )?(?:failed|failure|problem|error)|delivery (?:has )?(?:failed|failure)|"
    r"delivery (?:status )?(?:notification|status|report)|"  # DSN
    r"returned (?:mail|e-?mail|to sender|message)|mail returned|message returned|"
    r"failure (?:notice|notification|delivery)|failed (?:mail|delivery|message)|mail failure|"  # qmail, Yahoo
    r"(?:could not|cannot|can't|unable to) (?:be )?(?:deliver|send)|not (?:been )?delivered|"
    r"non[- ]?deliver|nondeliverable|unzustellbar|nicht (?:zugestellt|zustellbar)|zustellung fehlgeschlagen|"
    r"mail system error|mail error|error sending|error in (?:your )?(?:mail|message)|unknown (?:user|address)|user unknown|"
    r"email (?:address )?(?:not found|rejected)|message rejected|rejected mail|"
    r"warning: (?:message|could not)|warning--could not|(?:mail|message|delivery|delivered) (?:is |was |has been )?delayed|"
    r"delayed (?:mail|delivery|message)|delivery delayed|message .{1,60}\bdelayed\b|"
    r"fehlgeschlagen|rückläufer|unzustellbare|verzögert|"  # German
    r"non remis|échec de (?:la )?(?:remise|distribution)|message non distribué|non délivr|notification d'état de (?:remise|distribution)|"  # French
    r"no se puede entregar|error de entrega|no entregado|devuelto|fallo (?:de|en la) entrega|"  # Spanish
    r"mancato recapito|non recapitabil|mancata consegna|consegna non riuscita|"  # Italian
    r"não (?:foi )?entregue|falha na entrega|não é possível entregar|devolvida|"  # Portuguese
    r"onbestelbaar|niet bezorgd|kan niet worden bezorgd|"  # Dutch
    r"niedostarcz|nie dostarczon|zwrot|"  # Polish
    r"kan(?: inte|ikke| ikke) (?:levereras|leveres)|olevererbart|uleverbar|oleverer|"  # Nordic
    r"toimittaminen epäonnistui|perille ei voitu|nedoručiteľn|nedoručen|nelze doručit|"  # Finnish, Czech
    r"недоставлен|не доставлен|сообщение не доставлено|невозможно доставить|возврат|"  # Russian
    r"teslim edilemedi|iletilemedi|"  # Turkish
    r"配信(?:不能|エラー|できません|に失敗)|配送(?:エラー|できません|できませんでした|不能)|送信できません|届きません|エラー通知|メールを配送できません|"
    r"退信|无法投递|投递失败|無法傳遞|無法投遞|无法送达|未送达|退回|"
    r"전송 ?실패|배달 ?(?:실패|할 수 없음)|반송|"
    r"you .{1,100} are not (?:a )?member|"  # fml
    r"delivery system|mail delivery|failure report|email delivery failure",
    re.IGNORECASE,
)

#: Bodies of bounces.
BODY: Final = re.compile(
    r"could ?(?:not|n't) be (?:delivered|reached|sent)|(?:was|were|has|have|is) not (?:been )?(?:delivered|sent|able to (?:be )?deliver)|"
    r"not able to deliver|wasn't able to deliver|couldn't be delivered|unable to (?:deliver|send|relay)|"
    r"cannot be delivered|can(?:not|'t) deliver|can not be delivered|undeliver(?:ed|able)|could not deliver|couldn't deliver|"
    r"did not reach the following|failed to (?:deliver|send|reach)|delivery (?:to|of|has|was|is|attempts|status|failed|failure|errors?)|"
    r"(?:permanent|fatal|temporary|transient|delivery) (?:fatal )?(?:errors?|failures?|problems?)|"
    r"following (?:address(?:es)?|recipients?|destination|message|users?|error)|recipients? (?:was|were|address|is) (?:rejected|unknown|invalid|not)|"
    r"user (?:unknown|not found|doesn't exist|does not exist|mailbox|account)|unknown (?:user|recipient|local part|host)|no such (?:user|person|recipient|mailbox|address)|"
    r"mailbox (?:is )?(?:full|unavailable|not found|does not exist|unknown|exceed)|(?:over|exceeded?|exceeds?) (?:the )?(?:quota|storage|allowed|size)|"
    r"message (?:was )?(?:rejected|returned|bounced|refused|has been rejected|delivery)|mail (?:was )?(?:rejected|refused|delivery)|"
    r"returned (?:message|mail|to sender|unopened)|message (?:text )?follows|"
    r"550[ -]|551[ -]|552[ -]|553[ -]|554[ -]|421[ -]|450[ -]|451[ -]|452[ -]|\b[45]\.\d\.\d{1,3}\b|"
    r"host (?:unknown|not found|or domain name not found)|connection (?:timed out|refused)|"
    r"not (?:a )?member (?:of|\()|you .{1,80} are not member|"
    r"nicht zugestellt|konnte nicht|unzustellbar|n'a pas pu être|non remis|n'ont pas pu|no (?:se )?(?:ha podido|pudo|puede)|non è stato (?:possibile|recapitato)|"
    r"não (?:foi|pôde|pode)|niet (?:worden )?(?:bezorgd|afgeleverd)|kon niet|nie (?:mogła|może|można|została)|kunde inte|kunne ikke|"
    r"не (?:может быть|удалось|было|доставлен)|teslim edilem|配信でき|配送でき|送信でき|お届け|届け(?:られ|でき)|見つかりません|宛先|"
    r"无法|未能|退回|被退|失败|無法|전송하지|전달되지|보내지 못",
    re.IGNORECASE,
)

#: A delivery that is still being tried.
DELAY: Final = re.compile(
    r"has not (?:yet )?been delivered|not yet been delivered|still (?:being (?:re)?tried|trying|attempting)|will (?:be )?(?:re-?tr(?:y|ied)|keep trying|continue to (?:try|be))|"
    r"delivery (?:has been |is |was )?delayed|\(delay(?:ed)?\)|message .{0,80}delayed|delayed (?:mail|delivery|\d)|notification: delayed|: delayed\b|could not send mail for past|"
    r"temporary (?:failure|error|problem) .{0,60}(?:retry|again)|no action is required|do(?:es)? not need to resend|"
    r"delivery attempts will continue|warning message only|this is a warning|verzögert|retardé|retrasad|in ritardo|vertraagd|opóźnion|försenad|задерж|遅延|延迟|延遲|지연",
    re.IGNORECASE,
)
GAVE_UP: Final = re.compile(
    r"(?<!not a )permanent(?:ly)?\b.{0,40}(?:fail|error|fatal)|gave up|giving up|given up|no further|undeliverable|action: failed|delivery (?:has )?failed|"
    r"could not be delivered|(?:was|been|is) (?:blocked|rejected|refused|bounced|discarded)|failed permanently|has failed|\(failure\)|failure notice",
    re.IGNORECASE,
)

#: Where the returned message begins in a bounce of one text part.
RETURNED: Final = re.compile(
    r"^[\s>*_=#-]{0,60}(?:(?:the )?(?:original|returned|unsent|failed|bounced|rejected|undelivered) (?:mail|message|e-?mail)?\s?(?:message |mail |header |headers |text )?(?:follows|is|was|below|attached|header|headers|received)?"
    r"|your (?:mail|message|e-?mail) (?:follows|is|was|below|attached|headers?)"
    r"|(?:below (?:this line )?is|this is|here is|included is) a copy of .{0,60}|copy of (?:the )?(?:original|your) message.{0,20}|original message.{0,30}|message (?:text|header|headers|contents?) follows?.{0,20}|"
    r"message headers?|returned message|unsent message.{0,20}|ursprüngliche nachricht|message d'origine|-{3,} ?this is a copy.{0,80}|元のメッセージ|原始邮件)[\s:.>*_=#-]{0,60}$",
    re.IGNORECASE | re.MULTILINE,
)

#: Local parts of those who write bounces.
DAEMON: Final = re.compile(
    r"^(?:mailer-?daemon|mailer\.daemon|post-?master|post_master|mail-?daemon|maildaemon|mail-delivery|"
    r"mailsystem|mail-system|mmdf|bounces?|mailerdaemon|delivery-?status|dsn|sysadmin|emailsystem|double-bounce|smtp-?daemon|microsoftexchange\w*|mdaemon|daemon)\b",
    re.IGNORECASE,
)
DAEMON_NAME: Final = re.compile(
    r"mailer[- ]?daemon|mail(?:er)? deliver(?:y|er)?\s|mail delivery|delivery (?:sub)?system|mail system|postmaster|system administrator|"
    r"mail administrator|internet mail delivery|ndr administrator|systemadministrator|administrateur système|microsoft outlook",
    re.IGNORECASE,
)

#: Authors of bounces that are also addresses of people.
ROLE: Final = re.compile(r"\bpostmaster@|\bbounces?@", re.IGNORECASE)

FORWARDED: Final = re.compile(
    r"\s*(?:re|aw|sv|vs|antw|fwd?|wg|tr|rv|enc|vb|vl|i|r)\s?:\s", re.IGNORECASE
)
