# SPDX-License-Identifier: MIT
# mypy: ignore-errors
"""Contestant: checkdmarc's library, record, policy, TLS-RPT and MX hosts with check_mx_tls=True.

checkdmarc_peer.py RESOLVER < domains
"""

from __future__ import annotations

import json
import logging
import sys

from checkdmarc.mta_sts import check_mta_sts
from checkdmarc.smtp import check_mx
from checkdmarc.smtp_tls_reporting import check_smtp_tls_reporting

logging.disable(logging.CRITICAL)
nameservers = [sys.argv[1]]
found = {"records": 0, "policies": 0, "tlsrpt": 0, "starttls": 0}
for domain in sys.stdin.read().split():
    sts = check_mta_sts(domain, nameservers=nameservers)
    found["records"] += "id" in sts
    found["policies"] += "policy" in sts
    found["tlsrpt"] += check_smtp_tls_reporting(domain, nameservers=nameservers)["valid"]
    try:
        hosts = check_mx(domain, nameservers=nameservers, check_mx_tls=True)["hosts"]
    except Exception:  # no such domain, or no mail
        continue
    found["starttls"] += sum(bool(host["starttls"] and host["tls"]) for host in hosts)
json.dump(found, sys.stdout)
