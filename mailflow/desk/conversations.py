"""Which messages of an archive belong together: connected by Message-ID, In-Reply-To and References.

The whole archive is looked through before anything is recorded, so a parent that comes after its
child, and a late message that joins two threads, are known from the start. One integer for each id
and each message is all that is held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


class Conversations:
    """Disjoint sets over ids (union by size, paths halved): near linear in the number of ids."""

    def __init__(self) -> None:
        self._node_of: dict[bytes, int] = {}
        self._parent: list[int] = []
        self._size: list[int] = []

    def add(self, ids: Iterable[str]) -> int:
        """Note a message under all the ids it carries or names. Returns what to ask ``root`` for."""
        node = self._new()
        for one in ids:
            self._join(node, self._node(one))
        return node

    def root(self, node: int) -> int:
        """The name of the conversation: equal for all its messages, fixed once everything is added."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def _node(self, one: str) -> int:
        # Ids have any length; 12 octets of their hash tell a billion of them apart.
        key = hashlib.blake2b(one.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        node = self._node_of.get(key)
        if node is None:
            node = self._node_of[key] = self._new()
        return node

    def _new(self) -> int:
        self._parent.append(len(self._parent))
        self._size.append(1)
        return len(self._parent) - 1

    def _join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        if one == other:
            return
        if self._size[one] < self._size[other]:
            one, other = other, one
        self._parent[other] = one
        self._size[one] += self._size[other]
