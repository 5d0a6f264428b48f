# SPDX-License-Identifier: MIT
"""What a domain publishes for MTA-STS and TLS-RPT: two records, a file, and its server."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from mxseal import _core
from mxseal._remedies import new_id, sts_record, tlsrpt_record
from mxseal.mtasts import Policy


@dataclass(frozen=True)
class Publication:
    """All of it, ready to be copied.

    Attributes:
        domain: A-labels without final dot.
        mode: of the policy.
        max_age: of the policy, in seconds.
        id: of the MTA-STS record; a new one for each change (RFC 8461 §3.1).
        policy: the file ``/.well-known/mta-sts.txt`` of ``mta-sts.<domain>``.
        zone: lines for the zone file.
        nginx: a server block for the policy host.
    """

    domain: str
    mode: str
    max_age: int
    id: str
    policy: str
    zone: list[str]
    nginx: list[str]

    @classmethod
    def of(cls, domain: str, policy: Policy, rua: list[str], now: datetime) -> Publication:
        """For a valid policy.

        Args:
            domain: as typed.
            policy: what is to be published.
            rua: where reports go; none leaves the TLS-RPT record out.
            now: gives the id.

        Raises:
            ParseError: ``domain`` is no host name.
        """
        name = _core.check.domain_name(domain)
        identity = new_id(now)
        zone = [
            f"mta-sts.{name}. IN CNAME <your web server>.",
            sts_record(name, identity),
        ]
        if rua:
            zone.append(tlsrpt_record(name, ",".join(rua)))
        return cls(
            domain=name,
            mode=policy.mode,
            max_age=policy.max_age,
            id=identity,
            policy=str(policy),
            zone=zone,
            nginx=_nginx(name),
        )

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)


def _nginx(domain: str) -> list[str]:
    host = f"mta-sts.{domain}"
    return [
        "server {",
        "    listen 443 ssl;",
        "    listen [::]:443 ssl;",
        f"    server_name {host};",
        f"    ssl_certificate     /etc/ssl/{host}/fullchain.pem;  # issued for {host}",
        f"    ssl_certificate_key /etc/ssl/{host}/privkey.pem;",
        "    location = /.well-known/mta-sts.txt {",
        f"        alias /var/www/{host}/mta-sts.txt;",
        "        default_type text/plain;",
        "    }",
        "    location / { return 404; }",
        "}",
    ]
