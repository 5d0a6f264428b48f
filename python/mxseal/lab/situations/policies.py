# SPDX-License-Identifier: MIT
"""Policies (RFC 8461 §3.2) and how they fit the MX hosts (§4.1)."""

from __future__ import annotations

from mxseal.lab.model import MailHost, PolicyHost, Response, Situation, policy
from mxseal.lab.situations.common import KEPT, NO_EFFECT, REFUSED, useless

_GOOD = policy()


def _bad(code: str, sentence: str, body: bytes) -> Situation:
    return useless(
        name="policy-" + code.replace("_", "-"),
        sentence=f"Policy: {sentence}",
        code=f"sts.policy.{code}",
        policy=body,
    )


def _odd(code: str, sentence: str, body: bytes) -> Situation:
    return Situation(
        name="policy-" + code.replace("_", "-"),
        sentence=f"Policy: {sentence}",
        findings=(f"sts.policy.{code}",),
        policy=body,
    )


_INVALID = (
    _bad("empty", "empty", b""),
    useless(
        name="policy-html",
        sentence="Policy: the start page of a web server, status 200",
        code="sts.policy.html",
        findings=("sts.policy.html", "sts.http.content-type-wrong"),
        policy_host=PolicyHost(
            response=Response(
                headers=("Content-Type: text/html",),
                body=b"<!DOCTYPE html>\n<html><title>Welcome</title><h1>It works!</h1></html>\n",
            )
        ),
    ),
    _bad("bom", "begins with a byte order mark", b"\xef\xbb\xbf" + _GOOD),
    _bad("nul", "contains NUL", _GOOD + b"x: a\0b\r\n"),
    _bad("not-utf8", "Latin-1 in an unknown field", _GOOD + b"note: gr\xfc\xdfe\r\n"),
    _bad("line-invalid", "a comment, which the grammar does not know", b"# our policy\r\n" + _GOOD),
    _bad("bare-cr", "lines end in CR alone", _GOOD.replace(b"\r\n", b"\r")),
    _bad("leading-space", "indented", _GOOD.replace(b"mode:", b"  mode:")),
    _bad("space-before-colon", "a blank before a colon", _GOOD.replace(b"mode:", b"mode :")),
    _bad("key-case", "Mode: in place of mode:", _GOOD.replace(b"mode:", b"Mode:")),
    _bad("version-missing", "no version", _GOOD.replace(b"version: STSv1\r\n", b"")),
    _bad("version-invalid", "version 1", _GOOD.replace(b"STSv1", b"1")),
    _bad("mode-missing", "no mode", _GOOD.replace(b"mode: enforce\r\n", b"")),
    _bad("mode-invalid", "mode enforced", policy(mode="enforced")),
    _bad("max_age-missing", "no max_age", _GOOD.replace(b"max_age: 1209600\r\n", b"")),
    _bad("max_age-invalid", "commas in max_age", policy(max_age="1,209,600")),
    _bad("max_age-out-of-range", "max_age of over a year", policy(max_age=31557601)),
    _bad("mx-missing", "no mx", _GOOD.replace(b"mx: mx1.{domain}\r\n", b"")),
    _bad("mx-invalid", "an mx with a final dot", policy("mx1.{domain}.")),
    _bad("extension-invalid", "an unknown field without value", policy(more=("note:",))),
)

_ODD = (
    _odd("blank-line", "a blank line", _GOOD.replace(b"mx:", b"\r\nmx:")),
    _odd("unknown-field", "a field that nobody knows", policy(more=("note: hello",))),
    _odd("duplicate-field", "mode twice; the first counts", policy(more=("mode: none",))),
    _odd("max_age-zero", "max_age 0: nobody keeps it", policy(max_age=0)),
    _odd("max_age-short", "max_age of an hour", policy(max_age=3600)),
    _odd("mx-duplicate", "the same mx twice", policy("mx1.{domain}", "mx1.{domain}")),
    Situation(
        name="policy-mx-too-wide",
        sentence="Policy: *.test covers everybody who has a domain there",
        findings=("sts.policy.mx-too-wide",),
        policy=policy("*.test"),
        mail_hosts=(MailHost(name="@"),),
    ),
    Situation(
        name="policy-mx-unregistered",
        sentence="Policy: a pattern below a domain that anybody can register",
        findings=("sts.policy.mx-unregistered", "sts.mx.unused-pattern"),
        policy=policy("mx1.{domain}", "*.free-to-register.test"),
    ),
)

_FIT = (
    Situation(
        name="mx-outside",
        sentence="One of two MX hosts stands outside the policy",
        verdict="partly",
        findings=("sts.mx.not-covered",),
        effects=KEPT,
        mail_hosts=(MailHost(), MailHost(name="new", preference=20)),
    ),
    Situation(
        name="mx-all-outside",
        sentence="The MX records were changed, the policy was not",
        verdict="broken",
        findings=("sts.mx.none-covered", "sts.mx.unused-pattern"),
        effects=REFUSED,
        policy=policy("old.{domain}"),
    ),
    Situation(
        name="mx-too-deep",
        sentence="An MX host two labels below the wildcard of the policy",
        verdict="partly",
        findings=("sts.mx.wildcard-depth",),
        tolerated=("sts.mx.not-covered",),
        effects=KEPT,
        policy=policy("*.{domain}"),
        mail_hosts=(MailHost(), MailHost(name="mx2.office", preference=20)),
    ),
    Situation(
        name="mx-unused-pattern",
        sentence="The policy names a host that is no MX host (any more)",
        findings=("sts.mx.unused-pattern",),
        policy=policy("mx1.{domain}", "old.{domain}"),
    ),
    Situation(
        name="testing-would-break",
        sentence="Mode testing, and no MX host is inside the policy",
        verdict="testing",
        findings=("sts.policy.mode-testing", "sts.mx.none-covered", "sts.mx.unused-pattern"),
        effects=NO_EFFECT,
        policy=policy("old.{domain}", mode="testing"),
    ),
)

SITUATIONS = (*_INVALID, *_ODD, *_FIT)
