# SPDX-License-Identifier: MIT
"""Every situation of the laboratory, one domain each, sorted into files by what they are about."""

from __future__ import annotations

from mxseal.lab.model import Situation
from mxseal.lab.situations import (
    attacks,
    basics,
    dane,
    mail_certificates,
    mail_exchangers,
    policies,
    policy_hosts,
    runs,
    smtp,
    sts_records,
    tls_reports,
)

SITUATIONS: tuple[Situation, ...] = (
    *basics.SITUATIONS,
    *attacks.SITUATIONS,
    *sts_records.SITUATIONS,
    *policy_hosts.SITUATIONS,
    *policies.SITUATIONS,
    *mail_exchangers.SITUATIONS,
    *smtp.SITUATIONS,
    *mail_certificates.SITUATIONS,
    *dane.SITUATIONS,
    *tls_reports.SITUATIONS,
    *runs.SITUATIONS,
)
