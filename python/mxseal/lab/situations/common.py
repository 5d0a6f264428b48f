# SPDX-License-Identifier: MIT
"""What many situations have in common: effects by class of sender, and domains without MTA-STS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mxseal.lab.model import Effects, Situation, Verdict

# Under a policy that is kept, refused, or has no effect.
KEPT = Effects(mta_sts="authenticated")
REFUSED = Effects(mta_sts="refused")
NO_EFFECT = Effects()
# The hosts could not be asked.
UNSEEN = Effects(plain="unknown", mta_sts="unknown", dane="unknown")
# Some host has no TLS.
CLEAR = Effects(plain="clear", mta_sts="clear", dane="clear")
CLEAR_OR_REFUSED = Effects(plain="clear", mta_sts="refused", dane="clear")
NO_MAIL = Effects(plain=None, mta_sts=None, dane=None)


def plain_domain(
    *, name: str, sentence: str, findings: tuple[str, ...] = (), **more: Any
) -> Situation:
    """A domain that publishes neither MTA-STS nor TLS-RPT."""
    base = Situation(
        name=name,
        sentence=sentence,
        verdict="unprotected",
        findings=("sts.dns.none", "rpt.none", *findings),
        effects=NO_EFFECT,
        record=None,
        tlsrpt=None,
        policy_host=None,
    )
    return replace(base, **more)


def useless(
    *, name: str, sentence: str, code: str, verdict: Verdict = "misconfigured", **more: Any
) -> Situation:
    """A domain whose MTA-STS takes no effect, for one reason."""
    base = Situation(
        name=name, sentence=sentence, verdict=verdict, findings=(code,), effects=NO_EFFECT
    )
    return replace(base, **more)
