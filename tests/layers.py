# SPDX-License-Identifier: MIT
"""The layers as cpp/CMakeLists.txt declares them, and what breaks them.

Two rules. C++: a file may include its own folder and those that its layer SEES, by the path from
cpp/. Python: what reaches a terminal or a file goes through ``mxseal._output``, which alone prints
and alone escapes.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

DECLARATION = re.compile(
    r"^\s*mxseal_(?:layer|module)\((\w+)\s+SEES\s*([\w\s]*?)\s*(?:USES[^)]*)?\)", re.M
)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"]+)[>\"]", re.M)

# Calls that print, and calls that make text harmless, as they are written in the source.
PRINTING = {
    "print",
    "pprint",
    "click.echo",
    "click.secho",
    "click.echo_via_pager",
    "rich.print",
    "Console",
    "rich.console.Console",
    "sys.stdout",
    "sys.stderr",
    "sys.__stdout__",
    "sys.__stderr__",
}
ESCAPING = {
    "html.escape",
    "rich.markup.escape",
    "markup.escape",
    "escape",
    "xml.sax.saxutils.escape",
}


def declared_layers(cmake: str) -> dict[str, set[str]]:
    """Each layer with the layers it sees; a layer may see only what is declared above it."""
    layers: dict[str, set[str]] = {}
    for name, sees in DECLARATION.findall(cmake):
        below = set(sees.split())
        unknown = below - layers.keys()
        if unknown:
            raise ValueError(f"{name} sees {sorted(unknown)}, which no line above it declares")
        layers[name] = below
    return layers


def wrong_includes(cpp: Path) -> list[str]:
    """Every include below ``cpp`` that its layer may not have, as ``file:line: reason``."""
    layers = declared_layers((cpp / "CMakeLists.txt").read_text())
    wrong = []
    for file in sorted([*cpp.rglob("*.?pp"), *cpp.rglob("*.h")]):
        layer = file.relative_to(cpp).parts[0]
        if layer not in layers:
            wrong.append(
                f"{file.relative_to(cpp)}:1: no line of cpp/CMakeLists.txt declares {layer}"
            )
            continue
        text = file.read_text()
        for match in INCLUDE.finditer(text):
            quote, path = match.groups()
            top = path.split("/")[0]
            place = f"{file.relative_to(cpp)}:{text.count(chr(10), 0, match.start()) + 1}"
            if quote == '"' and top not in layers:
                wrong.append(f'{place}: "{path}" is no path from cpp/')
            elif top in layers and top != layer and top not in layers[layer]:
                wrong.append(f"{place}: {layer} does not see {top}")
    return wrong


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def wrong_output(package: Path) -> list[str]:
    """Every use of a printing or escaping function outside ``_output``, as ``file:line: name``."""
    wrong = []
    for file in sorted(package.rglob("*.py")):
        if file.relative_to(package).parts[0] == "_output":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = [node.func.id]
            elif isinstance(node, ast.Attribute):
                names = [_dotted(node)]
            elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("mxseal"):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                if isinstance(node, ast.expr | ast.stmt) and name in PRINTING | ESCAPING:
                    wrong.append(f"{file.relative_to(package)}:{node.lineno}: {name}")
    return wrong
