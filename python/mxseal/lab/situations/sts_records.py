# SPDX-License-Identifier: MIT
"""MTA-STS records (RFC 8461 §3.1), good, odd and bad."""

from __future__ import annotations

from mxseal.lab.model import GOOD_RECORD, Answer, Effects, Situation, failing
from mxseal.lab.situations.common import KEPT, plain_domain, useless

# What a sender does that follows MTA-STS hangs on what could not be seen.
_UNKNOWN = Effects(mta_sts="unknown")

SITUATIONS = (
    useless(
        name="sts-multiple",
        sentence="Two MTA-STS records: senders act as if there were none",
        code="sts.dns.multiple",
        record=('"v=STSv1; id=1;"', '"v=STSv1; id=2;"'),
    ),
    useless(
        name="sts-bad-version",
        sentence="The record names another version",
        code="sts.dns.bad-version",
        record=('"v=STSv2; id=20260114;"',),
    ),
    useless(
        name="sts-version-last",
        sentence="The record begins with the id",
        code="sts.dns.version-not-first",
        record=('"id=20260114; v=STSv1;"',),
    ),
    Situation(
        name="sts-space",
        sentence="White space before the first semicolon of the record",
        findings=("sts.dns.space-before-semicolon",),
        record=('"v=STSv1 ; id=20260114;"',),
    ),
    useless(
        name="sts-wrong-case",
        sentence="The version of the record is written in lower case",
        code="sts.dns.wrong-case",
        record=('"v=stsv1; id=20260114;"',),
    ),
    useless(
        name="sts-no-id",
        sentence="The record has no id",
        code="sts.dns.id-missing",
        record=('"v=STSv1; note=hello;"',),
        tolerated=("sts.dns.unknown-field",),
    ),
    useless(
        name="sts-bad-id",
        sentence="The id is a date with hyphens",
        code="sts.dns.id-invalid",
        record=('"v=STSv1; id=2026-01-14;"',),
    ),
    useless(
        name="sts-bad-field",
        sentence="A field of the record has a blank in its value",
        code="sts.dns.bad-extension",
        record=('"v=STSv1; id=20260114; note=two words;"',),
    ),
    Situation(
        name="sts-unknown-field",
        sentence="A field of the record that nobody knows",
        findings=("sts.dns.unknown-field",),
        record=('"v=STSv1; id=20260114; note=hello;"',),
    ),
    Situation(
        name="sts-duplicate-field",
        sentence="The record has two ids; the first counts",
        findings=("sts.dns.duplicate-field",),
        record=('"v=STSv1; id=20260114; id=20260115;"',),
    ),
    Situation(
        name="sts-unrelated-txt",
        sentence="Other TXT records beside the record, one of a later version",
        findings=("sts.dns.unrelated-txt",),
        record=('"v=spf1 -all"', GOOD_RECORD, '"v=STSv10; id=1;"'),
    ),
    plain_domain(
        name="sts-at-domain",
        sentence="The MTA-STS record stands at the domain itself, where nobody looks",
        findings=("sts.dns.at-wrong-name",),
        zone={("@", "TXT"): GOOD_RECORD},
    ),
    plain_domain(
        name="sts-at-host",
        sentence="The MTA-STS record stands at mta-sts. without the underscore",
        findings=("sts.dns.at-wrong-name",),
        zone={("mta-sts", "TXT"): GOOD_RECORD},
    ),
    Situation(
        name="sts-cname",
        sentence="The record is reached through a CNAME, as with a provider",
        findings=("sts.dns.cname",),
        zone={("_mta-sts", "CNAME"): "_mta-sts.enforce.test."},
    ),
    useless(
        name="sts-cname-dangling",
        sentence="_mta-sts is a CNAME to a name that does not exist",
        code="sts.dns.cname-dangling",
        tolerated=("sts.dns.cname",),
        zone={("_mta-sts", "CNAME"): "_mta-sts.gone.test."},
    ),
    useless(
        name="sts-cname-loop",
        sentence="_mta-sts is a CNAME that leads back to itself",
        code="sts.dns.cname-loop",
        tolerated=("sts.dns.cname",),
        zone={
            ("_mta-sts", "CNAME"): "_mta-sts.loop.{domain}.",
            ("_mta-sts.loop", "CNAME"): "_mta-sts.{domain}.",
        },
    ),
    useless(
        name="sts-servfail",
        sentence="SERVFAIL for the record: not the same as no record",
        code="sts.dns.servfail",
        verdict="inconclusive",
        effects=_UNKNOWN,
        zone={("_mta-sts", "TXT"): failing("servfail")},
    ),
    useless(
        name="sts-silent",
        sentence="No answer for the record: not the same as no record",
        code="sts.dns.timeout",
        verdict="inconclusive",
        effects=_UNKNOWN,
        zone={("_mta-sts", "TXT"): failing("silent")},
        patience=5,
    ),
    useless(
        name="sts-bogus",
        sentence="The record fails DNSSEC validation",
        code="sts.dns.dnssec-bogus",
        verdict="inconclusive",
        effects=_UNKNOWN,
        secure=True,
        zone={("_mta-sts", "TXT"): failing("bogus", GOOD_RECORD)},
    ),
    plain_domain(
        name="sts-subdomain",
        sentence="The parent domain has a policy; it does not apply here",
        findings=("sts.subdomain.inherit",),
        domain="sub.enforce.test",
    ),
    Situation(
        name="sts-long-ttl",
        sentence="A record with a TTL of a week",
        effects=KEPT,
        zone={("_mta-sts", "TXT"): Answer(records=(GOOD_RECORD,), ttl=604800)},
    ),
)
