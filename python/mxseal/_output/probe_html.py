# SPDX-License-Identifier: MIT
"""A probed mail host in a notebook."""

from __future__ import annotations

from html import escape

from mxseal._output.check_html import findings_html
from mxseal._output.escape import visible
from mxseal._output.html import rows_html
from mxseal._probe import MxProbe


def probe_html(probe: MxProbe) -> str:
    """Verdict, a row for each finding and one for each address; everything is escaped."""
    addresses = [
        {
            "address": each.address,
            "verdict": each.verdict,
            "smtp": each.smtp.status,
            "tls": each.tls.version,
            "certificate until": each.chain[0].not_after if each.chain else None,
        }
        for each in probe.addresses
    ]
    table = rows_html(list(addresses[0]), addresses) if addresses else ""
    return (
        f"<div><p><b>{escape(visible(probe.host))}</b> port {probe.port}: {probe.verdict}</p>"
        f"{findings_html(probe.findings)}{table}</div>"
    )
