# SPDX-License-Identifier: MIT
# mypy: ignore-errors
"""Contestant: what a good programmer writes on aiodns, aiohttp and asyncio in a day.

asyncio_peer.py RESOLVER ROOTS.pem < domains
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys

import aiodns
import aiohttp

AT_ONCE = 100
probes = {}  # of the MX hosts that many domains share
context = ssl.create_default_context(cafile=sys.argv[2])
context.minimum_version = ssl.TLSVersion.TLSv1_2


async def records(dns, name, kind):
    try:
        answer = await dns.query_dns(name, kind)
    except aiodns.error.DNSError:
        return []
    return [each.data for each in answer.answer]


async def texts(dns, name, prefix):
    found = [each.data for each in await records(dns, name, "TXT") if hasattr(each, "data")]
    found = [each.decode() if isinstance(each, bytes) else each for each in found]
    return [each for each in found if each.startswith(prefix)]


def policy_of(body):
    fields = {}
    mx = []
    for line in body.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "mx":
            mx.append(value.strip())
        elif key.strip():
            fields.setdefault(key.strip(), value.strip())
    good = fields.get("version") == "STSv1" and fields.get("mode") in ("enforce", "testing", "none")
    return (fields["mode"], int(fields["max_age"]), mx) if good else None


async def policy(http, domain):
    url = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
    async with http.get(url, allow_redirects=False, ssl=context) as response:
        if response.status != 200:
            return None
        return policy_of((await response.content.read(65536)).decode())


async def reply(reader):
    while True:
        line = await reader.readuntil(b"\n")
        if line[3:4] != b"-":
            return int(line[:3])


async def starttls(dns, host):
    addresses = await records(dns, host, "A") + await records(dns, host, "AAAA")
    secured = 0
    for address in addresses:
        reader, writer = await asyncio.open_connection(address.addr, 25)
        await reply(reader)
        for command in (b"EHLO bench.lab\r\n", b"STARTTLS\r\n"):
            writer.write(command)
            await reply(reader)
        await writer.start_tls(context, server_hostname=host)
        writer.write(b"EHLO bench.lab\r\n")
        await reply(reader)
        writer.write(b"QUIT\r\n")
        await writer.drain()
        writer.close()
        secured += 1
    return secured


async def check(dns, http, domain, limit, found):
    async with limit:
        sts, rpt, mx = await asyncio.gather(
            texts(dns, f"_mta-sts.{domain}", "v=STSv1"),
            texts(dns, f"_smtp._tls.{domain}", "v=TLSRPTv1"),
            records(dns, domain, "MX"),
        )
        found["records"] += len(sts) == 1
        found["tlsrpt"] += len(rpt) == 1
        valid = bool(sts) and await policy(http, domain) is not None
        found["policies"] += valid
        for each in mx:
            host = each.exchange.rstrip(".")
            if host and host not in probes:
                probes[host] = asyncio.ensure_future(starttls(dns, host))
            if host:
                secured = await probes[host]  # first: others add to the sum meanwhile
                found["starttls"] += secured


async def main():
    found = {"records": 0, "policies": 0, "tlsrpt": 0, "starttls": 0}
    dns = aiodns.DNSResolver(nameservers=[sys.argv[1]])
    limit = asyncio.Semaphore(AT_ONCE)
    resolver = aiohttp.AsyncResolver(nameservers=[sys.argv[1]])
    connector = aiohttp.TCPConnector(limit=AT_ONCE, resolver=resolver, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as http:
        domains = sys.stdin.read().split()
        await asyncio.gather(*(check(dns, http, each, limit, found) for each in domains))
    json.dump(found, sys.stdout)


asyncio.run(main())
