# SPDX-License-Identifier: MIT
"""What the text of a check says besides where it is a rehearsal: what was given, and the steps."""

from __future__ import annotations

from mxseal._check import DomainCheck, Rehearsal, Step
from mxseal._output.findings_text import labelled, paragraph
from mxseal._output.terminal import Terminal
from mxseal._output.units import period
from mxseal._rehearsal import fails, new_errors


def given(check: DomainCheck, rehearsal: Rehearsal, file: str, terminal: Terminal) -> list[str]:
    """What stands in place of what is published.

    Args:
        check: the rehearsed state.
        rehearsal: how it came about.
        file: name of the policy file, where it has one.
        terminal: where it is shown.
    """
    parts = []
    if rehearsal.policy is not None:
        parts.append(f"policy {terminal.text(file)}" if file else "a policy file")
    if rehearsal.record is not None:
        parts.append(
            f'record "{terminal.text(rehearsal.record)}"' if rehearsal.record else "no record"
        )
    if rehearsal.mx is not None:
        parts.append(
            "MX " + ", ".join(terminal.text(each) for each in rehearsal.mx) + _probed(check)
        )
    return labelled("given", ", ".join(parts) + "; the rest is live", terminal, 2)


def _probed(check: DomainCheck) -> str:
    asked = [
        each for host in check.mx for each in host.addresses if each.smtp.status != "not_probed"
    ]
    return " (probed just now)" if asked else ""


def mended_by_steps(check: DomainCheck, code: str) -> bool:
    """Whether a finding says what the steps do anyway: their record has a new id."""
    rehearsal = check.rehearsal
    return (
        code == "sts.change.id-same-policy-changed"
        and rehearsal is not None
        and rehearsal.record is None
        and bool(rehearsal.steps)
    )


def ending(check: DomainCheck, rehearsal: Rehearsal, terminal: Terminal) -> list[str]:
    """The steps, or why there are none."""
    if not fails(check, rehearsal.published):
        return _steps(rehearsal.steps, terminal)
    if new_errors(check, rehearsal.published):
        text = "Do not publish this yet."
    elif check.verdict == "inconclusive":
        text = "Do not publish this yet: what decides could not be seen from here."
    elif check.verdict == rehearsal.published.verdict:
        text = "The same is wrong with what is published: mend that first."
    else:
        text = "Do not publish this yet."
    return paragraph(text, terminal, 2)


def _steps(steps: list[Step], terminal: Terminal) -> list[str]:
    if not steps:
        return paragraph("Nothing to publish: senders would see no change.", terminal, 2)
    lines = paragraph(_heading(steps), terminal, 2)
    for number, step in enumerate(steps, 1):
        indent = 3 + len(str(number)) + 1
        text = step.do if step.lines == [] else f"{step.do}:"
        if step.wait:
            more = " more" if any(each.wait for each in steps[: number - 1]) else ""
            text = f"after {period(step.wait)}{more} ({step.wait_for}): {text}"
        first, *rest = terminal.wrapped(terminal.text(text).split(), indent, " ")
        lines += [f"  {number}  {first.lstrip()}", *rest]
        lines += [f"{' ' * indent}  {terminal.whole(line)}" for line in step.lines]
    if any(step.wait for step in steps):
        lines += paragraph(
            "TTLs are what the resolver showed: where the zone has a longer one, wait for that.",
            terminal,
            2,
        )
    return lines


def _heading(steps: list[Step]) -> str:
    changes = [number for number, step in enumerate(steps, 1) if step.what == "mx"]
    later = [n for n, step in enumerate(steps, 1) if changes and n > changes[0] and step.wait]
    if not later:
        return "Publish in this order:"
    return f"Publish in this order; old and new hosts take mail until step {later[0]}:"
