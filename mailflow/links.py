"""From a visit to a link of ours to what it shows and does."""

from __future__ import annotations

from mailflow.config import Settings
from mailflow.desk import link_pages
from mailflow.desk.link_pages import LinkPage
from mailflow.desk.wishes import WISH_OF
from mailflow.edges.link_server import LinkServer, Visit
from mailflow.flow.answer import Desk
from mailflow.flow.links import follow_link, read_link
from mailflow.flow.ports import Store


def link_server(settings: Settings, store: Store, desk: Desk) -> LinkServer | None:
    """Listening already, not yet answering; None where links open mails. Raises OSError when the port is taken."""

    def shows(visit: Visit) -> tuple[int, LinkPage]:
        language = link_pages.language_read(visit.accept_language, desk.policy.language)
        token = read_link(desk, visit.token)
        if token is None:
            return 404, link_pages.gone(language)
        if not visit.pressed:
            return 200, link_pages.asking(WISH_OF[token.purpose], language)
        wish = follow_link(store, desk, token)
        if wish is None:
            return 404, link_pages.gone(language)
        return 200, link_pages.thanking(wish, language)

    web = settings.web
    if not web.public_url:
        return None
    return LinkServer(web.listen, web.port, settings.support.name, shows)
