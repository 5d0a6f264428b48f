# SPDX-License-Identifier: MIT
"""The examples of README.md as data: what is typed, and what must come out.

``python tests/readme.py`` (``make readme``) writes anew what no longer agrees.

In a ``console`` block each line that begins with ``$`` is a command, and the lines below it are its
standard output. A ``python`` block is a doctest. A line that is ``…`` alone stands for any lines.
Blocks of other languages are not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Command:
    """A command of a console block: the line typed and its output; ``line`` is where it stands."""

    line: int
    typed: str
    output: str


def blocks(text: str, language: str) -> list[tuple[int, str]]:
    """Each fenced block of one language: the line of its first line, and its text."""
    return [
        (text.count("\n", 0, found.start(2)) + 1, found[2])
        for found in BLOCK.finditer(text)
        if found[1] == language
    ]


def commands(text: str) -> list[Command]:
    """Every command of the console blocks, in order."""
    found: list[Command] = []
    for start, block in blocks(text, "console"):
        for line, text_line in enumerate(block.splitlines(), start):
            if text_line.startswith("$ "):
                found.append(Command(line, text_line.removeprefix("$ "), ""))
            elif line > start:
                last = found.pop()
                found.append(replace(last, output=f"{last.output}{text_line}\n"))
            else:
                raise ValueError(f"README.md:{line}: output before the first command")
    return found


def agrees(expected: str, seen: str) -> bool:
    """Whether an output is as the README has it, blanks at ends and outer empty lines aside."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line.rstrip()) + "\n"
        for line in expected.strip("\n").split("\n")
    )
    lines = [line.rstrip() for line in seen.strip("\n").split("\n")]
    return re.fullmatch(pattern, "\n".join(lines) + "\n") is not None


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command as a reader would who has mxseal installed, in a pipe and without colour."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> None:
    """Writes the outputs that no longer agree anew; what stood for any lines is to be cut again."""
    text = README.read_text()
    for command in commands(text):
        seen = run(command.typed, README.parent / "tests" / "data").stdout
        if not agrees(command.output, seen):
            lines = "".join(f"{line.rstrip()}\n" for line in seen.strip("\n").split("\n"))
            shown = f"$ {command.typed}\n"
            text = text.replace(shown + command.output, shown + lines)
    README.write_text(text)


if __name__ == "__main__":
    main()
