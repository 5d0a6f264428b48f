# SPDX-License-Identifier: MIT
"""``mxseal check`` in plain words: the answer, the evidence, the remedy."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from mxseal._check import Address, DomainCheck, Finding, MxHost
from mxseal._output.escape import cell_width
from mxseal._output.rehearsal_text import ending, given, mended_by_steps
from mxseal._output.sink import Sink
from mxseal._output.terminal import Mark, Style, Terminal
from mxseal._output.units import counted, day
from mxseal._remedies import Copy, copies

MARKS: dict[str, Mark] = {
    "protected": "good",
    "testing": "good",
    "no-mail": "absent",
    "partly": "warning",
    "broken": "error",
    "misconfigured": "error",
    "unprotected": "warning",
    "inconclusive": "unknown",
}
COLOURS: dict[Mark, Style] = {
    "good": "green",
    "warning": "yellow",
    "error": "red",
    "unknown": "blue",
    "absent": "dim",
}
SEVERITY_MARKS: dict[str, Mark] = {
    "error": "error",
    "unknown": "unknown",
    "warning": "warning",
    "info": "absent",
}
SENTENCES = {
    "protected": "{who} deliver only to its own hosts, over verified TLS.",
    "testing": "A valid policy in mode testing: failures are reported, and mail is delivered all "
    "the same.",
    "partly": "{who} deliver to some hosts or addresses only; the others fail.",
    "broken": "{who} do not deliver: mail waits and comes back.",
    "misconfigured": "What is published takes no effect: senders act as if it were not there.",
    "unprotected": "Nothing that is in force asks senders for verified TLS: whoever sits between "
    "can read mail.",
    "inconclusive": "What decides could not be seen from here.",
    "no-mail": "The domain takes no mail.",
}
EXPIRES_SOON = timedelta(days=30)


def write_checks_line(check: DomainCheck, sink: Sink) -> None:
    """One line a domain: for ``--quiet``, and for a good one among several."""
    terminal = sink.terminal
    line = _headline(check, terminal)
    if first := next(iter(check.errors), None):
        line += f"  {terminal.text(first.cause)} {_code(first.code, terminal)}"
    sink.write(line + "\n")


def write_check(
    check: DomainCheck, sink: Sink, *, verbose: bool = False, policy_file: str = ""
) -> None:
    """A block: verdict, what senders do, findings with evidence and remedy.

    Args:
        check: the result.
        sink: where to.
        verbose: also info, the RFC's sections, and the stages where not all is good.
        policy_file: in a rehearsal the name of the policy that was given.
    """
    terminal = sink.terminal
    lines = [_headline(check, terminal)]
    if check.rehearsal:
        lines += given(check, check.rehearsal, policy_file, terminal)
    if not check.rehearsal or verbose or check.verdict != "protected":
        lines += _paragraph(_sentence(check), terminal, 2)
        lines.append(f"  {_senders(check)}")
    shown = [
        each
        for each in check.findings
        if verbose or (each.severity != "info" and not mended_by_steps(check, each.code))
    ]
    serious = [each for each in shown if each.severity != "info"]
    if shown:
        lines.append("")
        for number, finding in enumerate(shown, 1):
            lines += _finding(number, finding, check, terminal, verbose)
    if check.rehearsal:
        if verbose:
            lines += ["", *_stages(check, terminal)]
        if shown or verbose:
            lines.append("")
        lines += ending(check, check.rehearsal, terminal)
    elif verbose or not serious:
        lines += ["", *_stages(check, terminal)]
        if not serious:
            lines += _paragraph(_nothing_to_do(check), terminal, 2)
    elif good := _good(check):
        lines += _labelled("good", ", ".join(good), terminal, 2)
    sink.write("".join(line.rstrip() + "\n" for line in lines))


def write_counts(verdicts: Counter[str], sink: Sink) -> None:
    """The last line of several domains."""
    total = counted(verdicts.total(), "domain")
    parts = [f"{count:,} {verdict}" for verdict, count in verdicts.most_common()]
    for line in sink.terminal.wrapped([f"{total}: {parts[0]}", *parts[1:]], 0):
        sink.write(line + "\n")


# ------------------------------------------------------------------------------------- the answer
def _headline(check: DomainCheck, terminal: Terminal) -> str:
    mark = MARKS[check.verdict]
    name = terminal.styled(terminal.text(check.domain), "bold")
    verdict = terminal.styled(check.verdict, COLOURS[mark])
    if check.rehearsal is None:
        return f"{terminal.mark(mark)} {name}  {verdict}"
    now = check.rehearsal.published.verdict
    line = f"{terminal.mark(mark)} {name}  would be {verdict} (now: {now})"
    gap = terminal.width - cell_width(_bare(line, terminal)) - len("[rehearsal]") - 2
    return line + " " * max(2, gap) + _code("rehearsal", terminal)


def _sentence(check: DomainCheck) -> str:
    dane = check.dane.state in ("secure", "partial")
    mta_sts = check.sts.policy is not None and check.sts.policy.mode == "enforce"
    who = "MTA-STS or DANE" if dane and mta_sts else "DANE" if dane else "MTA-STS"
    return SENTENCES[check.verdict].format(who=f"Senders that follow {who}")


def _senders(check: DomainCheck) -> str:
    effects = check.effects
    return (
        f"senders   MTA-STS: {effects.mta_sts}   DANE only: {effects.dane}   "
        f"others: {effects.plain}"
    )


def _code(code: str, terminal: Terminal) -> str:
    return terminal.styled(f"[{code}]", "cyan")


# ------------------------------------------------------------------------------------- the findings
def _finding(
    number: int, finding: Finding, check: DomainCheck, terminal: Terminal, verbose: bool
) -> list[str]:
    head = f"  {number} {terminal.mark(SEVERITY_MARKS[finding.severity])} "
    indent = 4 + len(str(number)) + 1
    code = finding.code + (f", {finding.section}" if verbose and finding.section else "")
    title = _title(finding.cause)
    words = terminal.wrapped(title.split(), indent, " ")
    lines = [head + words[0].lstrip(), *words[1:]]
    gap = terminal.width - cell_width(_bare(lines[-1], terminal)) - cell_width(code) - 2
    if gap < 2:
        lines.append("")
        gap = max(indent, terminal.width - cell_width(code) - 2)
    lines[-1] += " " * gap + _code(code, terminal)
    lines += _labelled("where", terminal.text(finding.subject), terminal, indent)
    lines += _labelled("seen", terminal.text(finding.detail), terminal, indent)
    lines += _labelled("do", finding.remedy, terminal, indent)
    for copy in copies(check, finding):
        lines += _copy(copy, terminal, indent + 7)
    return lines


def _bare(line: str, terminal: Terminal) -> str:
    """The line as wide as it is shown: the symbol's colours take no column."""
    if not terminal.colour:
        return line
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", line)


def _title(cause: str) -> str:
    return cause.removesuffix(".")


def _labelled(label: str, text: str, terminal: Terminal, indent: int) -> list[str]:
    if not text:
        return []
    lines = terminal.wrapped(text.split(" "), indent + 7, " ")
    return [f"{' ' * indent}{label:<7}{lines[0].lstrip()}", *lines[1:]]


def _copy(copy: Copy, terminal: Terminal, indent: int) -> list[str]:
    """What is to be copied stands on lines of its own, whole and unwrapped."""
    lines = terminal.wrapped(copy.before.split(), indent, " ")
    return lines + [f"{' ' * indent}  {terminal.text(line)}" for line in copy.lines]


def _paragraph(text: str, terminal: Terminal, indent: int) -> list[str]:
    return terminal.wrapped(text.split(), indent, " ")


# --------------------------------------------------------------------------------------- the stages
def _stages(check: DomainCheck, terminal: Terminal) -> list[str]:
    lines = [_policy_stage(check, terminal)]
    width = max((cell_width(terminal.text(host.host)) for host in check.mx), default=0)
    for host in check.mx:
        lines.append(_mx_stage(host, width, terminal))
    lines.append(_dane_stage(check, terminal))
    lines.append(_tlsrpt_stage(check, terminal))
    return lines


def _stage(mark: Mark, label: str, text: str, terminal: Terminal) -> str:
    return f"  {terminal.mark(mark)} {label:<10}{text}"


def _policy_stage(check: DomainCheck, terminal: Terminal) -> str:
    policy, record = check.sts.policy, check.sts.record
    if policy is None:
        mark: Mark = "absent" if record is None else "error"
        return _stage(mark, "policy", "no MTA-STS" if record is None else "none valid", terminal)
    identity = f", id {terminal.text(record.id)}" if record else ""
    text = f"{policy.mode}, max_age {_age(policy.max_age)}{identity}"
    return _stage("good", "policy", text, terminal)


def _age(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    return counted(seconds, "second") if rest or not days else counted(days, "day")


def _mx_stage(host: MxHost, width: int, terminal: Terminal) -> str:
    marks: dict[str, Mark] = {"passes": "good", "fails": "error", "unknown": "unknown"}
    addresses = " and ".join(each.address for each in host.addresses) or "no address"
    versions = sorted({_version(each) for each in host.addresses} - {""})
    name = terminal.text(host.host)
    padded = name + " " * (width - cell_width(name))
    text = f"{padded}  {addresses}  {', '.join(versions)}"
    return _stage(marks[host.verdict], f"MX {host.preference}", text, terminal)


def _version(address: Address) -> str:
    return address.tls.version.replace("TLSv", "TLS ")


def _dane_stage(check: DomainCheck, terminal: Terminal) -> str:
    marks: dict[str, tuple[Mark, str]] = {
        "none": ("absent", "no TLSA records"),
        "secure": ("good", "TLSA records, DNSSEC-secure, at every MX host"),
        "partial": ("warning", "TLSA records at some MX hosts"),
        "insecure": ("warning", "TLSA records without DNSSEC: ignored"),
        "unusable": ("warning", "TLSA records, none of them usable"),
        "unknown": ("unknown", "could not be judged"),
    }
    mark, text = marks.get(check.dane.state, ("unknown", check.dane.state))
    return _stage(mark, "DANE", text, terminal)


def _tlsrpt_stage(check: DomainCheck, terminal: Terminal) -> str:
    if check.tlsrpt is None:
        return _stage("absent", "TLS-RPT", "no valid record", terminal)
    return _stage("good", "TLS-RPT", terminal.text(", ".join(check.tlsrpt.rua)), terminal)


def _good(check: DomainCheck) -> list[str]:
    bad = {each.code for each in check.findings if each.severity in ("error", "unknown")}

    def clean(prefix: str) -> bool:
        return not any(code.startswith(prefix) for code in bad)

    good = []
    if check.sts.record and clean("sts.dns."):
        good.append("record")
    host_stages = ("sts.host.", "sts.cert.", "sts.http.")
    if check.sts.host and check.sts.host.status == "response" and all(map(clean, host_stages)):
        good.append("policy host")
    if check.sts.policy and clean("sts.policy."):
        good.append("policy")
    addresses = [each for host in check.mx for each in host.addresses]
    if addresses and clean("smtp.") and all(each.tls.status == "done" for each in addresses):
        good.append(f"STARTTLS at {_all_of(len(addresses), 'address', 'addresses')}")
    if check.dane.state == "secure" and clean("dane."):
        good.append("DANE")
    if check.tlsrpt and clean("rpt."):
        good.append("TLS-RPT")
    return good


def _all_of(count: int, one: str, many: str) -> str:
    return f"its {one}" if count == 1 else f"all {count} {many}"


def _nothing_to_do(check: DomainCheck) -> str:
    text = "Nothing to do."
    soonest = _soonest(check)
    if soonest and soonest[0] - check.started < EXPIRES_SOON:
        end, who = soonest
        days = counted((end - check.started).days, "day")
        text += f" The certificate of {who} ends {day(end)} ({days})."
    return text


def _soonest(check: DomainCheck) -> tuple[datetime, str] | None:
    ends = [
        (certificate.not_after, host.host)
        for host in check.mx
        for address in host.addresses
        for certificate in address.chain[:1]
    ]
    if check.sts.host:
        ends += [(each.not_after, check.sts.host.host) for each in check.sts.host.chain[:1]]
    return min(ends, default=None)
