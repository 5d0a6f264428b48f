# SPDX-License-Identifier: MIT
"""``mxseal check`` in plain words: the answer, the evidence, the remedy."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from mxseal._check import DomainCheck, MxHost
from mxseal._output.escape import cell_width
from mxseal._output.findings_text import (
    COLOURS,
    HOST_MARKS,
    bare,
    code,
    dane_stage,
    finding_lines,
    labelled,
    paragraph,
    stage,
    tls_version,
)
from mxseal._output.rehearsal_text import ending, given, mended_by_steps
from mxseal._output.sink import Sink
from mxseal._output.terminal import Mark, Terminal
from mxseal._output.units import counted, day
from mxseal._remedies import copies

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
        line += f"  {terminal.text(first.cause)} {code(first.code, terminal)}"
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
        lines += paragraph(_sentence(check), terminal, 2)
        lines.append(f"  {_senders(check)}")
    shown = [
        each
        for each in check.findings
        if verbose or (each.severity != "info" and not mended_by_steps(check, each.code))
    ]
    serious = [each for each in shown if each.severity != "info"]
    if shown:
        lines.append("")
        lines += finding_lines(shown, lambda each: copies(check, each), terminal, verbose)
    if check.rehearsal:
        if verbose:
            lines += ["", *_stages(check, terminal)]
        if shown or verbose:
            lines.append("")
        lines += ending(check, check.rehearsal, terminal)
    elif verbose or not serious:
        lines += ["", *_stages(check, terminal)]
        if not serious:
            lines += paragraph(_nothing_to_do(check), terminal, 2)
            if check.verdict == "unprotected":
                lines.append(f"    mxseal publish {terminal.text(check.domain)} --mx HOST")
    elif good := _good(check):
        lines += labelled("good", ", ".join(good), terminal, 2)
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
    gap = terminal.width - cell_width(bare(line, terminal)) - len("[rehearsal]") - 2
    return line + " " * max(2, gap) + code("rehearsal", terminal)


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


# --------------------------------------------------------------------------------------- the stages
def _stages(check: DomainCheck, terminal: Terminal) -> list[str]:
    lines = [_policy_stage(check, terminal)]
    width = max((cell_width(terminal.text(host.host)) for host in check.mx), default=0)
    for host in check.mx:
        lines.append(_mx_stage(host, width, terminal))
    lines.append(dane_stage(check.dane, terminal, ", at every MX host"))
    lines.append(_tlsrpt_stage(check, terminal))
    return lines


def _policy_stage(check: DomainCheck, terminal: Terminal) -> str:
    policy, record = check.sts.policy, check.sts.record
    if policy is None:
        mark: Mark = "absent" if record is None else "error"
        return stage(mark, "policy", "no MTA-STS" if record is None else "none valid", terminal)
    identity = f", id {terminal.text(record.id)}" if record else ""
    text = f"{policy.mode}, max_age {_age(policy.max_age)}{identity}"
    return stage("good", "policy", text, terminal)


def _age(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    return counted(seconds, "second") if rest or not days else counted(days, "day")


def _mx_stage(host: MxHost, width: int, terminal: Terminal) -> str:
    addresses = " and ".join(each.address for each in host.addresses) or "no address"
    versions = sorted({tls_version(each) for each in host.addresses} - {""})
    name = terminal.text(host.host)
    padded = name + " " * (width - cell_width(name))
    text = f"{padded}  {addresses}  {', '.join(versions)}"
    return stage(HOST_MARKS[host.verdict], f"MX {host.preference}", text, terminal)


def _tlsrpt_stage(check: DomainCheck, terminal: Terminal) -> str:
    if check.tlsrpt is None:
        return stage("absent", "TLS-RPT", "no valid record", terminal)
    return stage("good", "TLS-RPT", terminal.text(", ".join(check.tlsrpt.rua)), terminal)


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
    if any(each.code == "mx.none" for each in check.findings):
        text = "Nothing to do if the name is right: it has neither MX records nor addresses."
    if check.verdict == "unprotected":
        return "Nothing is broken. To protect the domain, publish what this prints:"
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
