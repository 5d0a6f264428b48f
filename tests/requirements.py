# SPDX-License-Identifier: MIT
"""Which rule of the requirements list is proven by which test.

A tag is ``Q`` and the rule's number, in a comment or a docstring of a test; the tags are joined
with requirements.toml. ``python tests/requirements.py`` (``make requirements``) prints the table;
``tests/python/test_requirements.py`` fails where it has a gap.
"""

from __future__ import annotations

import ast
import re
import tokenize
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = ROOT / ".." / "shared" / "REQUIREMENTS.md"

TAG = re.compile(r"\bQ(\d{1,3})\b")
RULE = re.compile(r"(?:^|(?<=[.)] ))(\d{1,2})\. (?=(?:RFC \d+ )?§|RFC \d+)", re.M)
CPP_COMMENT = re.compile(r"//[^\n]*")


@dataclass(frozen=True)
class Part:
    """A part of the project and the rules it must prove; ``exists`` once its first file does."""

    name: str
    what: str
    exists: bool
    rules: tuple[int, ...]


def parts(root: Path = ROOT) -> list[Part]:
    """The parts of requirements.toml, those that are only planned last."""
    table = tomllib.loads((root / "tests" / "requirements.toml").read_text())
    begun = [
        Part(name, part["what"], (root / part["file"]).exists(), tuple(part["rules"]))
        for name, part in table["parts"].items()
    ]
    planned = [
        Part(name, "planned", False, tuple(rules)) for name, rules in table["planned"].items()
    ]
    return begun + planned


def _remarks(file: Path) -> list[tuple[int, str]]:
    """Line and text of each comment and docstring: a Q8 in a test's data is no tag."""
    text = file.read_text()
    if file.suffix != ".py":
        return [
            (text.count("\n", 0, found.start()) + 1, found[0])
            for found in CPP_COMMENT.finditer(text)
        ]
    with file.open("rb") as source:
        remarks = [
            (t.start[0], t.string)
            for t in tokenize.tokenize(source.readline)
            if t.type == tokenize.COMMENT
        ]
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            remarks.append((node.lineno, node.value.value))
    return remarks


def tags(root: Path = ROOT) -> dict[int, list[str]]:
    """Each tagged rule with the places, ``file:line``, that prove it."""
    places: dict[int, list[str]] = {}
    for file in sorted((root / "tests").rglob("*")):
        if file.name not in ("requirements.py", "test_requirements.py") and file.suffix in (
            ".py",
            ".cpp",
            ".hpp",
        ):
            for line, remark in _remarks(file):
                for number in TAG.findall(remark):
                    places.setdefault(int(number), []).append(f"{file.relative_to(root)}:{line}")
    return places


def texts(requirements: Path = LIST) -> dict[int, str]:
    """The rules' texts by number, from the list itself, which lies beside the project."""
    text = requirements.read_text()
    found = list(RULE.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        int(match[1]): " ".join(text[match.end() : end].split())
        for match, end in zip(found, ends, strict=True)
    }


def main() -> None:
    """Prints each rule with its text, where the list is there, and the tests that prove it."""
    rules = texts() if LIST.exists() else {}
    places = tags()
    for part in parts():
        print(f"\n{part.name}: {part.what}")
        for number in part.rules:
            text = rules.get(number, "")
            print(f"  Q{number:<3} {text[:100]}{'…' if len(text) > 100 else ''}")
            for place in places.get(number, ["no test" if part.exists else "not begun"]):
                print(f"         {place}")


if __name__ == "__main__":
    main()
