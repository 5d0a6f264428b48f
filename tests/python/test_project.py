# SPDX-License-Identifier: MIT
"""What holds for the project as a whole: names, tables, generated files, and what stays out."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import mxseal
import stubs

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROW = re.compile(r'^MXSEAL_(ERRC|DEVIATION)\((\w+),\s*"([^"]*)",\s*"([^"]*)"\)$', re.M)
ERRC = (ROOT / "cpp" / "base" / "errc.def").read_text()
ROWS: list[tuple[str, str, str, str]] = ROW.findall(ERRC)
PUBLIC = [
    "mxseal",
    *(
        f"mxseal.{module.name}"
        for module in pkgutil.iter_modules(mxseal.__path__)
        if not module.name.startswith("_") and module.name != "cli"
    ),
]


def project_files() -> list[Path]:
    """The files that belong to the project: tracked, or new and not ignored."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout, so nothing says which files belong to the project")
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


# ---------------------------------------------------------------------------------------- errc.def
def test_every_line_of_the_table_of_codes_is_read() -> None:
    assert len(ROWS) == len(re.findall(r"^MXSEAL_", ERRC, re.M)) > 0


def test_codes_are_unique() -> None:
    """Within each kind: an error and a deviation may say the same of two things."""
    for column in (1, 2):
        for kind in ("ERRC", "DEVIATION"):
            values = [row[column] for row in ROWS if row[0] == kind]
            assert sorted(set(values)) == sorted(values)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2])
def test_a_code_is_kebab_case_and_named_alike(row: tuple[str, str, str, str]) -> None:
    """``max_age`` and ``mx`` keep the spelling of RFC 8461."""
    _, name, code, text = row
    assert re.fullmatch(r"(?:max_age|[a-z0-9]+)(?:-[a-z0-9]+)*", code)
    assert name == code.replace("-", "_")
    assert text
    assert not text.endswith(".")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2])
def test_a_code_is_used(row: tuple[str, str, str, str]) -> None:
    """A code that nothing gives would be explained to users for nothing."""
    enum = "Errc" if row[0] == "ERRC" else "Deviation"
    use = re.compile(rf"\b{enum}::{row[1]}\b")
    sources = list((ROOT / "cpp").rglob("*.?pp"))
    assert any(use.search(file.read_text()) for file in sources)


# ---------------------------------------------------------------------------------- Python package
@pytest.mark.parametrize("name", PUBLIC)
def test_all_names_what_is_public(name: str) -> None:
    module = importlib.import_module(name)
    exported = list(module.__all__)
    assert exported == sorted(set(exported))
    assert [each for each in exported if not hasattr(module, each)] == []
    own = {
        each
        for each, value in vars(module).items()
        if not each.startswith("_") and getattr(value, "__module__", None) == name
    }
    assert own - set(exported) == set()


@pytest.mark.parametrize("name", PUBLIC)
def test_public_classes_bear_the_public_module(name: str) -> None:
    """Users see mxseal.mtasts.Policy in a repr, a traceback and a pickle, and no private module."""
    module = importlib.import_module(name)
    values = [getattr(module, each) for each in module.__all__]
    hidden = [value for value in values if isinstance(value, type) and "._" in value.__module__]
    assert hidden == []


def test_the_version_is_written_once_for_each_build() -> None:
    cmake = re.search(r"project\(mxseal VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    assert cmake is not None
    assert (
        mxseal.__version__
        == PYPROJECT["project"]["version"]
        == cmake[1]
        == importlib.metadata.version("mxseal")
    )


def test_the_package_is_typed() -> None:
    assert (ROOT / "python" / "mxseal" / "py.typed").exists()


def test_stubs_are_up_to_date(tmp_path: Path) -> None:
    assert stubs.checked_in() == stubs.generate(tmp_path), "run `make stubs`"


def test_every_compiled_submodule_has_its_stub() -> None:
    core = importlib.import_module("mxseal._core")
    submodules = {name for name, value in vars(core).items() if type(value) is type(core)}
    assert stubs.checked_in().keys() == {"__init__.pyi"} | {f"{name}.pyi" for name in submodules}


# --------------------------------------------------------------------------------------- all files
# Absolute folders of somebody's machine, package mirrors, and build folders outside the project.
FOREIGN = re.compile(
    r"(?:^|[^\w.])/(?:work|farm|root|home/\w+|Users/\w+)/|/tmp/(?!mxseal)\w|https?://(?:localhost|127\.0\.0\.1|10\.\d)",
    re.M,
)


def test_no_file_names_a_machine() -> None:
    found = []
    for file in project_files():
        data = file.read_bytes()
        if b"\0" in data or file == Path(__file__):
            continue
        text = data.decode(errors="replace")
        found += [f"{file.relative_to(ROOT)}: {match[0]!r}" for match in FOREIGN.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "text", ["cd {}work/x", "in {}root/x", "-B {}tmp/build", "http:{0}{0}127.0.0.1/simple"]
)
def test_a_machine_is_found(text: str) -> None:
    assert FOREIGN.search(text.format("/"))


def test_every_source_has_its_licence_line() -> None:
    """One SPDX line, the first (or the second, below #!), in every source that has comments."""
    missing = []
    for file in project_files():
        if file.suffix in {
            ".cpp",
            ".hpp",
            ".def",
            ".py",
            ".pyi",
            ".sh",
            ".cmake",
        } or file.name in {
            "CMakeLists.txt",
            "Makefile",
        }:
            head = file.read_text().splitlines()[:2]
            if not any("SPDX-License-Identifier: MIT" in line for line in head):
                missing.append(str(file.relative_to(ROOT)))
    assert missing == []


def test_headers_are_included_once() -> None:
    headers = (ROOT / "cpp").rglob("*.hpp")
    assert [
        str(file.relative_to(ROOT)) for file in headers if "#pragma once" not in file.read_text()
    ] == []
