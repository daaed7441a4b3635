"""A commented configuration file from answers: the example with the answers put in their places."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_KEY = re.compile(r"#?([a-z_]+) = ")
_SECTION = re.compile(r"\[+([a-z]+)\]+")


@dataclass(frozen=True, slots=True)
class Person:
    address: str
    name: str = ""


def filled_example(
    example: str, answers: Mapping[str, str | int | bool | None], agents: Sequence[Person]
) -> str:
    """``answers`` by dotted key; None comments a line out. Comments and all other lines stay.

    Raises KeyError for an answer the example has no line for.
    """
    lines: list[str] = []
    left = dict(answers)
    section = ""
    in_agents = False
    for line in example.splitlines():
        if header := _SECTION.match(line):
            section = header[1]
            in_agents = section == "agents"
            if in_agents:
                lines += [*_agents(agents), ""]
        if in_agents:
            continue
        match = _KEY.match(line)
        key = f"{section}.{match[1]}" if match else ""
        if key not in left:
            lines.append(line)
            continue
        answer = left.pop(key)
        if answer is None:
            lines.append(line if line.startswith("#") else f"#{line}")
        else:
            lines.append(f"{key.partition('.')[2]} = {_toml(answer)}")
    if left:
        raise KeyError(f"the example has no line for {', '.join(left)}")
    return "\n".join(lines) + "\n"


def _agents(agents: Sequence[Person]) -> list[str]:
    if not agents:
        return ["#[[agents]]", '#address = "ann@example.org"', '#name = "Ann"']
    lines: list[str] = []
    for agent in agents:
        lines += ["[[agents]]", f"address = {_toml(agent.address)}"]
        lines += [f"name = {_toml(agent.name)}", ""]
    return lines[:-1]


def _toml(value: str | int | bool) -> str:
    # JSON's strings are TOML's basic strings, but for DEL, which no setting may hold.
    return json.dumps(value, ensure_ascii=False)
