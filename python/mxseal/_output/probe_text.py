# SPDX-License-Identifier: MIT
"""``mxseal probe`` in plain words: the answer, the findings, and each address."""

from __future__ import annotations

from mxseal._check import Address, Certificate
from mxseal._output.findings_text import (
    COLOURS,
    HOST_MARKS,
    code,
    dane_stage,
    finding_lines,
    labelled,
    paragraph,
    tls_version,
)
from mxseal._output.sink import Sink
from mxseal._output.terminal import Terminal
from mxseal._output.units import counted, day
from mxseal._probe import MxProbe

SENTENCES = {
    "passes": "TLS, and {what}.",
    "fails": "Senders that ask for verified TLS do not deliver to it.",
    "unknown": "What decides could not be seen from here.",
}
LABEL = 15  # columns before what an address is said to have
TLS_FIRST = 465  # RFC 8314 §3.3


def write_probe_line(probe: MxProbe, sink: Sink) -> None:
    """One line, for ``--quiet``."""
    terminal = sink.terminal
    line = _headline(probe, terminal)
    if first := next(iter(probe.errors), None):
        line += f"  {terminal.text(first.cause)} {code(first.code, terminal)}"
    sink.write(line + "\n")


def write_probe(probe: MxProbe, sink: Sink, *, verbose: bool = False) -> None:
    """Verdict, findings with evidence and remedy, then each address and DANE.

    Args:
        probe: the result.
        sink: where to.
        verbose: also info, the RFC's sections, greetings and whole chains.
    """
    terminal = sink.terminal
    lines = [_headline(probe, terminal), *paragraph(_sentence(probe), terminal, 2), ""]
    shown = [each for each in probe.findings if verbose or each.severity != "info"]
    lines += finding_lines(shown, lambda _: [], terminal, verbose)
    if shown:
        lines.append("")
    for address in probe.addresses:
        lines += _address(address, probe, terminal, verbose)
    lines.append(dane_stage(probe.dane, terminal))
    sink.write("".join(line.rstrip() + "\n" for line in lines))


def _headline(probe: MxProbe, terminal: Terminal) -> str:
    mark = HOST_MARKS[probe.verdict]
    name = terminal.styled(terminal.text(probe.host), "bold")
    verdict = terminal.styled(probe.verdict, COLOURS[mark])
    return f"{terminal.mark(mark)} {name} port {probe.port}  {verdict}"


def _sentence(probe: MxProbe) -> str:
    dane = probe.dane.state == "secure"
    what = "what its TLSA records name" if dane else "a valid certificate for its name"
    return SENTENCES[probe.verdict].format(what=what)


def _address(address: Address, probe: MxProbe, terminal: Terminal, verbose: bool) -> list[str]:
    lines = [f"  {terminal.mark(HOST_MARKS[address.verdict])} {address.address}"]

    def say(label: str, text: str) -> None:
        lines.extend(labelled(label, terminal.text(text), terminal, 4, LABEL))

    say("SMTP", _dialogue(address, probe.port))
    if verbose:
        say("greeting", address.smtp.greeting)
        say("reply", address.smtp.reply)
    tls = address.tls
    if tls.status not in ("done", "not_tried"):
        say("TLS", tls.status.replace("_", " "))
    elif tls.version:
        say(
            "TLS", ", ".join(each for each in (tls_version(address), tls.group, tls.cipher) if each)
        )
    for certificate in address.chain if verbose else address.chain[:1]:
        say("certificate", _certificate(certificate, probe))
        if verbose:
            say("SHA-256", certificate.sha256)
        say("issued by", certificate.issuer)
    return lines


def _dialogue(address: Address, port: int) -> str:
    if address.smtp.status in ("secured", "tls"):
        return "TLS from the first byte" if port == TLS_FIRST else "STARTTLS"
    return address.smtp.status.replace("_", " ")


def _certificate(certificate: Certificate, probe: MxProbe) -> str:
    left = (certificate.not_after - probe.started).days
    end = f"until {day(certificate.not_after)}"
    if left >= 0:
        end += f" ({counted(left, 'day')})"
    names = ", ".join(certificate.names) or certificate.subject
    return f"{names}; {certificate.key}, {end}"
