# SPDX-License-Identifier: MIT
"""What ``import mxseal`` says where it cannot work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "python" / "mxseal"


@pytest.mark.parametrize("stubs", [False, True])
def test_a_missing_compiled_part_gives_a_hint(tmp_path: Path, stubs: bool) -> None:
    """Also where the folder of the stubs bears its name."""
    ignored = shutil.ignore_patterns("_core*", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "mxseal", ignore=ignored)
    if stubs:
        (tmp_path / "mxseal" / "_core").mkdir()
        (tmp_path / "mxseal" / "_core" / "__init__.pyi").touch()
    # -S: no site-packages, where mxseal is installed.
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import mxseal"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: mxseal's compiled part is missing: install mxseal (pip install .) "
        "rather than import it from its source folder"
    )


def test_ctrl_c_while_the_command_is_imported_is_130_and_no_traceback() -> None:
    script = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "mxseal.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from mxseal._start import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_submodules_come_when_they_are_asked_for() -> None:
    script = """
import sys
import mxseal
assert not {"mxseal.dask", "mxseal.x509"} & set(sys.modules)
assert mxseal.x509 is sys.modules["mxseal.x509"]
try:
    assert mxseal.dask is sys.modules["mxseal.dask"]
except mxseal.MissingExtraError as missing:
    assert "mxseal[dask]" in str(missing)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
