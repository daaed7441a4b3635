"""What the preview shows: the page with its choices, the state it asks for, and the mail in its frames."""

from __future__ import annotations

import hashlib
import html
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailflow.desk.notice_samples import real_variants, sample_variants
from mailflow.desk.notices import NoticeKind

if TYPE_CHECKING:
    from mailflow.config import Settings
    from mailflow.edges.templates import RenderedNotice, Templates
    from mailflow.store.database import SqlStore

_TICKETS = 50  # so many of the newest can be chosen

#: A mail in its frame: no script, nothing fetched, whatever its template holds.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self';"
    " frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")


@dataclass(frozen=True, slots=True)
class Page:
    content_type: str
    body: str
    policy: str = MAIL_POLICY


class Pages:
    """Answers for one admin's browser. Files and tickets are read anew for every look."""

    def __init__(
        self,
        templates: Templates,
        store: SqlStore | None,
        settings: Settings,
        notice: NoticeKind,
        language: str,
    ) -> None:
        self._templates, self._store, self._settings = templates, store, settings
        self._first = {"notice": notice.value, "language": language, "who": "sample-0"}

    def page(self, name: str, query: Mapping[str, str]) -> Page | None:
        chosen = {**self._first, **query}
        if name == "":
            return self._shell()
        if name == "state":
            return Page("application/json; charset=utf-8", json.dumps(self._state(chosen)))
        if name in ("light", "dark"):
            rendered = self._rendered(chosen)
            shown = "" if isinstance(rendered, str) else rendered.html or ""
            return Page("text/html; charset=utf-8", in_scheme(shown, dark=name == "dark"))
        return None

    def _state(self, chosen: Mapping[str, str]) -> dict[str, object]:
        rendered = self._rendered(chosen)
        self._templates.reload()
        state: dict[str, object] = {
            "notices": [kind.value for kind in NoticeKind],
            "languages": sorted({v.draft.language for v in self._templates.versions()}),
            "who": self._people(chosen["notice"]),
            "chosen": {key: chosen[key] for key in self._first},
            "faults": [str(fault) for fault in self._templates.faults()],
        }
        if isinstance(rendered, str):
            return {**state, "error": rendered}
        digest = hashlib.sha256((rendered.html or "").encode()).hexdigest()[:16]
        return {
            **state,
            "subject": rendered.subject,
            "text": rendered.text,
            "version": rendered.version,
            "html": digest,
        }

    def _people(self, notice: str) -> list[tuple[str, str]]:
        count = len(sample_variants(NoticeKind(notice))) if _is_notice(notice) else 0
        found = [(f"sample-{n}", f"Sample {n + 1}") for n in range(count)]
        if self._store is not None:
            from mailflow.store.reading import list_tickets

            newest = list_tickets(self._store, limit=_TICKETS)
            found += [(f"ticket-{t.id}", f"#{t.id} {t.subject[:60]}") for t in newest]
        return found

    def _rendered(self, chosen: Mapping[str, str]) -> RenderedNotice | str:
        from mailflow.edges.templates import TemplateUnusable

        self._templates.reload()
        if not _is_notice(chosen["notice"]):
            return "There is no such notice."
        kind = NoticeKind(chosen["notice"])
        facts = self._facts(kind, chosen["who"])
        if facts is None:
            return "There is no such sample or ticket."
        try:
            return self._templates.render(kind, chosen["language"][:40], facts)
        except TemplateUnusable as error:
            return str(error)

    def _facts(self, kind: NoticeKind, who: str) -> dict[str, object] | None:
        from mailflow.cli.template_data import real_tickets

        what, _, digits = who.partition("-")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1
        if what == "ticket":
            known = real_tickets(self._settings, self._store, 1, only=number)
            return real_variants(kind, known[0])[0] if known else None
        samples = sample_variants(kind)
        return samples[number] if what == "sample" and 0 <= number < len(samples) else None

    def _shell(self) -> Page:
        nonce = secrets.token_urlsafe(16)
        first = html.escape(json.dumps(self._first))
        body = _SHELL.replace("{nonce}", nonce).replace("{first}", first)
        return Page("text/html; charset=utf-8", body, _PAGE_POLICY.replace("{nonce}", nonce))


def in_scheme(page: str, *, dark: bool) -> str:
    """The mail as a reader with a dark, or a light, screen sees it, whatever the screen here is."""
    return _DARK.sub("(min-width: 0)" if dark else "(max-width: 0)", page)


def _is_notice(name: str) -> bool:
    return name in [kind.value for kind in NoticeKind]


_SHELL = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>mailflow preview</title>
<style nonce="{nonce}">
 body { margin: 0; font: 14px/1.5 system-ui, sans-serif; background: #eceff3; color: #1f2329; }
 header { display: flex; flex-wrap: wrap; gap: 12px; padding: 12px 20px; background: #1f2937; color: #fff; align-items: center; }
 select { font: inherit; max-width: 340px; }
 #faults { background: #fdf1d8; border-left: 4px solid #c98f1b; margin: 0; padding: 8px 20px; white-space: pre-wrap; }
 #faults:empty { display: none; }
 main { display: flex; flex-wrap: wrap; gap: 16px; padding: 16px 20px; }
 section { flex: 1 1 400px; background: #fff; border: 1px solid #d5dae1; border-radius: 6px; overflow: hidden; }
 .wide { flex-basis: 640px; }
 .narrow { flex: 0 0 375px; }
 h2 { margin: 0; padding: 6px 12px; font-size: 12px; text-transform: uppercase; letter-spacing: .06em; background: #f5f6f8; }
 pre { margin: 0; padding: 12px; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; height: 576px; overflow: auto; }
 iframe { border: 0; width: 100%; height: 600px; display: block; }
 #subject { padding: 10px 20px; font-weight: 600; background: #fff; border-bottom: 1px solid #d5dae1; }
</style></head>
<body data-first="{first}">
<header><strong>mailflow preview</strong>
<label>Notice <select id="notice"></select></label>
<label>Language <select id="language"></select></label>
<label>Told of <select id="who"></select></label>
<span id="version"></span></header>
<p id="faults"></p><div id="subject"></div>
<main>
<section class="wide"><h2>HTML</h2><iframe id="light" sandbox="" title="HTML"></iframe></section>
<section class="wide"><h2>HTML, dark</h2><iframe id="dark" sandbox="" title="HTML, dark"></iframe></section>
<section class="narrow"><h2>HTML, phone</h2><iframe id="phone" sandbox="" title="HTML, phone"></iframe></section>
<section><h2>Text</h2><pre id="text"></pre></section>
</main>
<script nonce="{nonce}">
"use strict";
const at = id => document.getElementById(id);
const chosen = JSON.parse(document.body.dataset.first);
let shown = "", asking = 0;
function fill(id, values, value) {
  const wanted = JSON.stringify(values);
  if (at(id).dataset.values !== wanted) {
    at(id).dataset.values = wanted;
    at(id).replaceChildren(...values.map(([key, words]) => new Option(words, key)));
  }
  at(id).value = value;
}
async function look() {
  const mine = ++asking;
  let state;
  try {
    state = await (await fetch("state?" + new URLSearchParams(chosen))).json();
  } catch { at("faults").textContent = "The preview has ended."; return; }
  if (mine !== asking) return;
  fill("notice", state.notices.map(n => [n, n]), chosen.notice);
  fill("language", state.languages.map(n => [n, n]), chosen.language);
  fill("who", state.who, chosen.who);
  at("faults").textContent = [state.error, ...state.faults].filter(Boolean).join("\\n");
  if (state.error) return;
  at("subject").textContent = state.subject;
  at("text").textContent = state.text;
  at("version").textContent = state.version;
  const now = JSON.stringify([chosen, state.html]);
  if (now === shown) return;
  shown = now;
  const query = "?" + new URLSearchParams({...chosen, v: state.html});
  at("light").src = at("phone").src = "light" + query;
  at("dark").src = "dark" + query;
}
for (const id of ["notice", "language", "who"])
  at(id).addEventListener("change", () => {
    chosen[id] = at(id).value;
    if (id === "notice" && chosen.who.startsWith("sample")) chosen.who = "sample-0";
    look();
  });
look();
setInterval(look, 700);
</script></body></html>
"""
