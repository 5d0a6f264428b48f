# SPDX-License-Identifier: MIT
"""What the README shows is what happens: its examples are run, and their output is compared."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import readme
from mxseal.cli.exit import Exit

ROOT = Path(__file__).parents[2]
TEXT = readme.README.read_text()


@pytest.fixture
def beside_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the bundled archive in it, as somebody who reads the README would have one."""
    (tmp_path / "archive").symlink_to(ROOT / "tests" / "data" / "archive")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", readme.commands(TEXT), ids=lambda command: command.typed)
def test_a_command(command: readme.Command, beside_the_archive: Path) -> None:
    done = readme.run(command.typed, beside_the_archive)
    assert done.returncode in (0, 1), done.stderr
    assert readme.agrees(command.output, done.stdout), f"README.md:{command.line}\n{done.stdout}"


@pytest.mark.parametrize(("line", "block"), readme.blocks(TEXT, "python"))
@pytest.mark.usefixtures("beside_the_archive")
def test_a_python_example(line: int, block: str) -> None:
    test = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", line - 1)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert result.attempted > 0
    assert result.failed == 0, "".join(report)


def test_there_are_five_examples() -> None:
    assert len(readme.commands(TEXT)) + len(readme.blocks(TEXT, "python")) >= 5


def test_the_table_of_exit_statuses_is_the_commands() -> None:
    rows = re.findall(r"^\| (\d+) \|", TEXT, re.M)
    assert [int(status) for status in rows] == sorted(Exit)


@pytest.mark.parametrize(
    ("expected", "seen", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a  \nb\n\n", True),
        ("a\nb\n", "a\nc\n", False),
        ("a\nb\n", "a\nb\nc\n", False),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\nd\n", "a\nb\nc\n", False),
        ("a…b\n", "axb\n", False),
        ("", "", True),
        ("", "a\n", False),
    ],
)
def test_outputs_are_compared_line_by_line(expected: str, seen: str, same: bool) -> None:
    assert readme.agrees(expected, seen) is same


def test_commands_are_told_from_output() -> None:
    text = "```sh\n$ no\n```\n\n```console\n$ one 1\na\n$ two\n```\n"
    assert readme.commands(text) == [
        readme.Command(6, "one 1", "a\n"),
        readme.Command(8, "two", ""),
    ]
