# SPDX-License-Identifier: MIT
"""Policy hosts (RFC 8461 §3.3): address, connection, certificate, HTTP."""

from __future__ import annotations

from mxseal.lab.model import (
    Cert,
    Effects,
    Options,
    PolicyHost,
    Response,
    Situation,
    Tls,
    failing,
    policy,
    shows,
)
from mxseal.lab.situations.common import UNSEEN, useless

_UNKNOWN = Effects(mta_sts="unknown")
_TWO_WEEKS_LESS = 10  # days; under the threshold of 14


def _cert(name: str, sentence: str, code: str, cert: Cert) -> Situation:
    return useless(
        name=f"host-{name}",
        sentence=f"Certificate of the policy host: {sentence}",
        code=f"sts.cert.{code}",
        policy_host=PolicyHost(tls=shows(cert)),
    )


def _http(name: str, sentence: str, code: str, response: Response) -> Situation:
    return useless(
        name=f"http-{name}",
        sentence=f"Policy host: {sentence}",
        code=f"sts.http.{code}",
        policy_host=PolicyHost(response=response),
    )


_ADDRESSES = (
    useless(
        name="host-missing",
        sentence="mta-sts.<domain> does not exist",
        code="sts.host.no-address",
        policy_host=None,
    ),
    useless(
        name="host-without-address",
        sentence="mta-sts.<domain> exists and has no address",
        code="sts.host.no-address",
        policy_host=None,
        zone={("mta-sts", "TXT"): '"nothing to see here"'},
    ),
    useless(
        name="host-servfail",
        sentence="SERVFAIL for the addresses of mta-sts.<domain>",
        code="sts.host.dns-failed",
        verdict="inconclusive",
        effects=_UNKNOWN,
        policy_host=None,
        zone={("mta-sts", "A"): failing("servfail"), ("mta-sts", "AAAA"): failing("servfail")},
    ),
    useless(
        name="host-dangling",
        sentence="mta-sts.<domain> is a CNAME to a name that anybody can register",
        code="sts.host.cname-dangling",
        policy_host=None,
        zone={("mta-sts", "CNAME"): "policies.gone.test."},
    ),
    Situation(
        name="host-cname",
        sentence="mta-sts.<domain> is a CNAME; the certificate is for mta-sts.<domain>",
        policy_host=PolicyHost(name="policies"),
        zone={("mta-sts", "CNAME"): "policies.{domain}."},
    ),
    useless(
        name="host-private",
        sentence="Only private addresses, and the guard against them is not opened",
        code="sts.host.private-address",
        findings=("sts.host.private-address", "mx.private-address"),
        effects=UNSEEN,
        options=Options(allow_private=False),
    ),
    useless(
        name="host-refused",
        sentence="The policy host refuses the connection",
        code="sts.host.connect-refused",
        policy_host=PolicyHost(listen="refuse"),
    ),
    useless(
        name="host-silent",
        sentence="The policy host is a black hole",
        code="sts.host.timeout",
        policy_host=PolicyHost(listen="drop"),
        patience=5,
    ),
    Situation(
        name="host-ipv6-broken",
        sentence="The policy host fails over IPv6 and serves the policy over IPv4",
        findings=("sts.host.ipv6-broken",),
        policy_host=PolicyHost(families=("ipv4", "ipv6"), tls=Tls(broken_over_ipv6=True)),
    ),
    useless(
        name="host-handshake",
        sentence="The policy host ends the handshake with an alert",
        code="sts.host.tls-handshake",
        policy_host=PolicyHost(tls=Tls(broken="alert")),
    ),
    useless(
        name="host-old-tls",
        sentence="The policy host speaks only TLS 1.0 and 1.1",
        code="sts.host.tls-version",
        policy_host=PolicyHost(tls=Tls(old=True)),
    ),
)

_CERTIFICATES = (
    _cert("expired", "expired three days ago", "expired", Cert(begins=-93, ends=-3)),
    _cert("future", "not valid before next week", "not-yet-valid", Cert(begins=7)),
    _cert(
        "other-name",
        "issued for the domain, not for mta-sts.",
        "name-mismatch",
        Cert(names=("www.host-other-name.test", "host-other-name.test")),
    ),
    _cert("self-signed", "self-signed", "self-signed", Cert(issuer="self")),
    _cert(
        "untrusted",
        "by a CA that nobody trusts",
        "untrusted",
        Cert(issuer="untrusted", sent="chain-and-root"),
    ),
    _cert("incomplete", "the intermediate is not sent", "incomplete-chain", Cert(sent="leaf")),
    _cert("cn-only", "the name stands in the CN alone", "cn-only", Cert(names=())),
    _cert("client", "made for clients only", "invalid", Cert(purpose="client")),
    _cert("damaged", "its signature does not verify", "invalid", Cert(damaged=True)),
    Situation(
        name="host-two-paths",
        sentence="Certificate of the policy host: valid, but not by the path that is sent first",
        findings=("sts.cert.alternative-path",),
        policy_host=PolicyHost(tls=shows(Cert(issuer="two-paths"))),
    ),
    Situation(
        name="host-expires-soon",
        sentence="Certificate of the policy host: expires in ten days",
        findings=("sts.cert.expires-soon",),
        policy_host=PolicyHost(tls=shows(Cert(begins=-80, ends=_TWO_WEEKS_LESS))),
    ),
    Situation(
        name="host-wildcard",
        sentence="Certificate of the policy host: a wildcard for the whole left-most label",
        policy_host=PolicyHost(tls=shows(Cert(names=("*.host-wildcard.test",)))),
    ),
    _cert(
        "partial-wildcard",
        "a wildcard for a part of the label",
        "name-mismatch",
        Cert(names=("mta-*.host-partial-wildcard.test",)),
    ),
)

_HTML = ("Content-Type: text/html; charset=utf-8",)
_CHALLENGE = b"<!DOCTYPE html><title>Just a moment...</title>Enable JavaScript and cookies.\n"

_HTTP = (
    _http(
        "500",
        "status 500",
        "status",
        Response(status="500 Internal Server Error", body=b"sorry\n"),
    ),
    _http(
        "redirect",
        "a redirect, which must not be followed",
        "redirect",
        Response(
            status="301 Moved Permanently",
            headers=(
                "Location: https://mta-sts.enforce.test/.well-known/mta-sts.txt",
                "Content-Type: text/plain",
            ),
            body=b"",
        ),
    ),
    _http("404", "no policy there", "not-found", Response(status="404 Not Found", body=b"none\n")),
    _http("410", "the policy is gone", "not-found", Response(status="410 Gone", body=b"gone\n")),
    _http(
        "401",
        "a password is wanted",
        "auth-required",
        Response(
            status="401 Unauthorized",
            headers=('WWW-Authenticate: Basic realm="intern"', "Content-Type: text/plain"),
            body=b"",
        ),
    ),
    _http(
        "403",
        "clients that are no browser are kept out",
        "blocked",
        Response(status="403 Forbidden", headers=_HTML, body=_CHALLENGE),
    ),
    _http(
        "429",
        "too many requests",
        "blocked",
        Response(status="429 Too Many Requests", body=b"slow down\n"),
    ),
    Situation(
        name="http-media-type",
        sentence="Policy host: a good policy as text/html",
        findings=("sts.http.content-type-wrong",),
        policy_host=PolicyHost(response=Response(headers=_HTML)),
    ),
    Situation(
        name="http-charset",
        sentence="Policy host: the media type in capitals and with a parameter; good",
        policy_host=PolicyHost(
            response=Response(headers=("Content-Type: Text/Plain; charset=UTF-8",))
        ),
    ),
    Situation(
        name="http-no-media-type",
        sentence="Policy host: no media type",
        findings=("sts.http.content-type-missing",),
        policy_host=PolicyHost(response=Response(headers=())),
    ),
    _http(
        "large",
        "a body over 64 KiB",
        "too-large",
        Response(body=policy(more=("x: " + "y" * 70000,))),
    ),
    _http("endless-body", "a body without end", "too-large", Response(endless="body")),
    _http("endless-headers", "headers without end", "too-large", Response(endless="headers")),
    useless(
        name="http-drip",
        sentence="Policy host: two bytes a second; senders give up after a minute",
        code="sts.http.too-slow",
        policy_host=PolicyHost(response=Response(pace=0.5, body=policy(more=("x: " + "y" * 200,)))),
        patience=60,
    ),
    useless(
        name="http-cut-short",
        sentence="Policy host: two bytes a second, and the check has only three",
        code="sts.http.cut-short",
        verdict="inconclusive",
        tolerated=("scan.budget",),
        effects=_UNKNOWN,
        policy_host=PolicyHost(response=Response(pace=0.5, body=policy(more=("x: " + "y" * 200,)))),
        options=Options(timeout=3),
        patience=3,
    ),
    _http(
        "truncated", "the connection ends before the policy does", "truncated", Response(length=500)
    ),
    _http(
        "encoding",
        "gzip, although nobody asked for it",
        "content-encoding",
        Response(headers=("Content-Type: text/plain", "Content-Encoding: gzip")),
    ),
    _http("ssh", "something that is not HTTP", "invalid", Response(raw=b"SSH-2.0-OpenSSH_9.2\r\n")),
)

SITUATIONS = (*_ADDRESSES, *_CERTIFICATES, *_HTTP)
