"""Pictures of every notice in every language: text, HTML light and dark, and on a phone, for people to look at.

    .venv/bin/python tests/quality/pictures.py --out /tmp/pictures [--notice N] [--language L] [--all-samples]

Needs chromium. One sheet a notice and language: ``<notice>.<language>.<sample>.png``.
"""

from __future__ import annotations

import argparse
import html
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mailflow.cli.preview_pages import in_scheme
from mailflow.desk.notice_samples import sample_variants
from mailflow.desk.notices import NoticeKind
from mailflow.edges.templates import RenderedNotice, Templates
from mailflow.shipped import shipped

LANGUAGES = ("en", "de", "fr", "es", "pt")
WIDTH, HEIGHT = 2240, 980


def sheet(rendered: RenderedNotice) -> str:
    """One page with the four looks side by side."""
    light = html.escape(in_scheme(rendered.html or "", dark=False))
    dark = html.escape(in_scheme(rendered.html or "", dark=True))
    frames = (("HTML", light, 640), ("dark", dark, 640), ("phone", light, 375))
    shown = "".join(
        f'<div><h2>{name}</h2><iframe width="{width}" height="880" srcdoc="{page}"></iframe></div>'
        for name, page, width in frames
    )
    return (
        "<!DOCTYPE html><meta charset=utf-8><style>body{margin:0;font:14px sans-serif;display:flex;gap:12px;"
        "padding:12px;background:#ddd}h2{font-size:14px;margin:0 0 6px}iframe{border:0;background:#fff}"
        "pre{width:500px;white-space:pre-wrap;background:#fff;padding:12px;margin:0;font:13px/1.45 monospace}</style>"
        f"<div><h2>{html.escape(rendered.subject)}</h2><pre>{html.escape(rendered.text)}</pre></div>{shown}"
    )


def sheets(templates: Templates, args: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for notice in NoticeKind:
        for language in LANGUAGES:
            if args.notice not in ("", notice.value) or args.language not in ("", language):
                continue
            samples = sample_variants(notice)
            for number, facts in enumerate(samples if args.all_samples else samples[:1]):
                name = f"{notice}.{language}.{number + 1}"
                yield name, sheet(templates.render(notice, language, facts))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--notice", default="")
    parser.add_argument("--language", default="")
    parser.add_argument("--all-samples", action="store_true")
    args = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("chromium is not installed", file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, page in sheets(Templates([shipped("templates")]), args):
            source = Path(folder, f"{name}.html")
            source.write_text(page, encoding="utf-8")
            target = args.out / f"{name}.png"
            command = [browser, "--headless", "--no-sandbox", f"--user-data-dir={folder}/profile", "--hide-scrollbars", "--disable-gpu", "--virtual-time-budget=10000", "--run-all-compositor-stages-before-draw",
                       f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={target}", str(source)]  # fmt: skip
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
