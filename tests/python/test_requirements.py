# SPDX-License-Identifier: MIT
"""Every rule of a part that exists is proven by a test, and every tag is a rule.

The join itself is in ``tests/requirements.py``; ``make requirements`` prints it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import requirements

PARTS = requirements.parts()
PLACES = requirements.tags()


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        pytest.param(part.name, rule, id=f"{part.name}-Q{rule}")
        for part in PARTS
        if part.exists
        for rule in part.rules
    ],
)
def test_a_rule_of_a_part_that_exists_has_a_test(part: str, rule: int) -> None:
    assert PLACES.get(rule), (
        f"rule {rule} belongs to {part}, which exists, and no test bears the tag Q{rule}"
    )


def test_no_tag_is_unknown() -> None:
    known = {rule for part in PARTS for rule in part.rules}
    assert {rule: PLACES[rule] for rule in PLACES.keys() - known} == {}


def test_a_rule_stands_in_one_place() -> None:
    counts = Counter(rule for part in PARTS for rule in part.rules)
    assert [rule for rule, count in counts.items() if count > 1] == []


@pytest.mark.skipif(
    not requirements.LIST.exists(),
    reason="the list of requirements does not lie beside this checkout",
)
def test_the_parts_share_out_the_whole_list() -> None:
    assert sorted(requirements.texts()) == sorted(rule for part in PARTS for rule in part.rules)


def _project(root: Path, test: str, *, exists: bool = True, suffix: str = ".cpp") -> Path:
    (root / "tests").mkdir(parents=True)
    (root / "tests" / "requirements.toml").write_text(
        '[parts.a]\nwhat = "a"\nfile = "a.hpp"\nrules = [7]\n[planned]\nlater = [8]\n'
    )
    if exists:
        (root / "a.hpp").touch()
    (root / "tests" / f"a_test{suffix}").write_text(test)
    return root


@pytest.mark.parametrize(
    ("text", "suffix", "found"),
    [
        ("int a;  // Q7: why\n", ".cpp", {7: ["tests/a_test.cpp:1"]}),
        ("// Q7, Q8\nint a;\n", ".cpp", {7: ["tests/a_test.cpp:1"], 8: ["tests/a_test.cpp:1"]}),
        ('const char* a = "Q7";\n', ".cpp", {}),
        ("int Q7a = 0;  // FAQ7\n", ".cpp", {}),
        ('def test_a():\n    """Q7: why."""\n', ".py", {7: ["tests/a_test.py:2"]}),
        ("a = 1  # Q7\n", ".py", {7: ["tests/a_test.py:1"]}),
        ('a = "Q7"\n', ".py", {}),
    ],
)
def test_a_tag_is_read_from_remarks_alone(
    tmp_path: Path, text: str, suffix: str, found: dict[int, list[str]]
) -> None:
    assert requirements.tags(_project(tmp_path, text, suffix=suffix)) == found


@pytest.mark.parametrize("exists", [True, False])
def test_a_part_exists_when_its_file_does(tmp_path: Path, exists: bool) -> None:
    a, later = requirements.parts(_project(tmp_path, "", exists=exists))
    assert (a.exists, a.rules) == (exists, (7,))
    assert (later.exists, later.rules) == (False, (8,))


def test_the_rules_of_a_list_are_told_apart(tmp_path: Path) -> None:
    """Several rules stand on one line, and a text may hold numbers and sections of its own."""
    path = tmp_path / "list.md"
    path.write_text("### RFC\n1. §2 MUST a. 2. §3.3 SHOULD b (10.2 says c).\n3. RFC 7505 §3: d\n")
    assert requirements.texts(path) == {
        1: "§2 MUST a.",
        2: "§3.3 SHOULD b (10.2 says c).",
        3: "RFC 7505 §3: d",
    }
