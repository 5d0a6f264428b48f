# SPDX-License-Identifier: MIT
"""The stubs of the compiled module, one .pyi for each compiled submodule.

``python tests/stubs.py`` (``make stubs``) writes python/mxseal/_core/*.pyi anew. MXSEAL_STUBGEN
keeps ``mxseal`` from giving its public names to the compiled classes: with them the stub would
import from the very module that imports it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

STUBS = Path(__file__).parents[1] / "python" / "mxseal" / "_core"


def generate(folder: Path) -> dict[str, str]:
    """Writes the stubs below ``folder`` and returns their texts by file name."""
    command = [
        sys.executable,
        "-m",
        "pybind11_stubgen",
        "mxseal._core",
        "--output-dir",
        str(folder),
        "--exit-code",
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "MXSEAL_STUBGEN": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"pybind11-stubgen: {done.stderr}")
    made = {
        file.name: file.read_text() for file in sorted((folder / "mxseal" / "_core").glob("*.pyi"))
    }
    return {name: "# SPDX-License-Identifier: MIT\n" + text for name, text in made.items()}


def checked_in() -> dict[str, str]:
    """The texts of the stubs in the project by file name."""
    return {file.name: file.read_text() for file in sorted(STUBS.glob("*.pyi"))}


def main() -> None:
    """Replaces the stubs in the project."""
    with tempfile.TemporaryDirectory() as folder:
        texts = generate(Path(folder))
    shutil.rmtree(STUBS, ignore_errors=True)
    STUBS.mkdir()
    for name, text in texts.items():
        (STUBS / name).write_text(text)


if __name__ == "__main__":
    main()
