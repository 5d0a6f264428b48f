# SPDX-License-Identifier: MIT
"""A wrong include, and output outside ``mxseal._output``, fail the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers import declared_layers, wrong_includes, wrong_output

ROOT = Path(__file__).parents[2]

CMAKE = """\
mxseal_layer(base    SEES                USES libidn2)
mxseal_layer(formats SEES base           USES simdjson zlib)
if(MXSEAL_BINDINGS)
  mxseal_module(bindings SEES base formats)
endif()
"""


def test_the_project_keeps_its_layers() -> None:
    assert wrong_includes(ROOT / "cpp") == []


def test_only_output_prints_and_escapes() -> None:
    assert wrong_output(ROOT / "python" / "mxseal") == []


def test_every_folder_is_declared() -> None:
    """A target that no line names would be checked by nobody."""
    folders = {folder.name for folder in (ROOT / "cpp").iterdir() if folder.is_dir()}
    assert folders == set(declared_layers((ROOT / "cpp" / "CMakeLists.txt").read_text()))


def test_declarations_are_read() -> None:
    assert declared_layers(CMAKE) == {
        "base": set(),
        "formats": {"base"},
        "bindings": {"base", "formats"},
    }


def test_a_layer_sees_only_what_stands_above_it() -> None:
    with pytest.raises(ValueError, match="base sees"):
        declared_layers("mxseal_layer(base SEES formats)\nmxseal_layer(formats SEES)\n")


@pytest.mark.parametrize(
    ("file", "line", "reason"),
    [
        ("base/x.hpp", '#include "formats/y.hpp"', "base/x.hpp:2: base does not see formats"),
        ("base/x.hpp", "#include <formats/y.hpp>", "base/x.hpp:2: base does not see formats"),
        (
            "base/deep/x.cpp",
            '#  include "formats/y.hpp"',
            "base/deep/x.cpp:2: base does not see formats",
        ),
        (
            "formats/y.cpp",
            '#include "../base/x.hpp"',
            'formats/y.cpp:2: "../base/x.hpp" is no path from cpp/',
        ),
        ("formats/y.cpp", '#include "x.hpp"', 'formats/y.cpp:2: "x.hpp" is no path from cpp/'),
        ("net/z.cpp", "", "net/z.cpp:1: no line of cpp/CMakeLists.txt declares net"),
    ],
)
def test_a_wrong_include_is_named(tmp_path: Path, file: str, line: str, reason: str) -> None:
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(f"// first line\n{line}\n")
    assert wrong_includes(tmp_path) == [reason]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("formats/y.cpp", '#include <vector>\n#include "base/x.hpp"\n#include "formats/z.hpp"\n'),
        ("bindings/m.cpp", '#include <pybind11/pybind11.h>\n#include "formats/y.hpp"\n'),
        ("base/x.hpp", '// #include "formats/y.hpp" would be wrong\n'),
    ],
)
def test_a_right_include_passes(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    assert wrong_includes(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("print('x')", "print"),
        ("import click\nclick.echo('x')", "click.echo"),
        ("import sys\nsys.stdout.write('x')", "sys.stdout"),
        ("from sys import stderr", "sys.stderr"),
        ("from rich.console import Console", "rich.console.Console"),
        ("import html\nhtml.escape('x')", "html.escape"),
    ],
)
def test_wrong_output_is_named(tmp_path: Path, text: str, name: str) -> None:
    for folder in ("cli", "_output"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text(text + "\n")
    line = text.count("\n") + 1
    assert wrong_output(tmp_path) == [f"cli/x.py:{line}: {name}"]
