# SPDX-License-Identifier: MIT
"""Mails that carry a TLS report (RFC 8460 5.3), and mails and files that carry none.

The headers around the report are those that a mailbox really shows: a trace, a signature, folded
lines. Nothing here is signed by anybody: the signature is noise of the right length.
"""

from __future__ import annotations

import base64
import gzip
import io
import quopri
import zipfile
from datetime import UTC, datetime
from random import Random

from archive_reports import DAY, Report


def attachment_name(report: Report, sequence: int) -> str:
    """The file name of RFC 8460 5.1, without its last extensions."""
    return f"{report.style.submitter}!{report.domain}!{report.start}!{report.end}!{sequence:03d}"


def _noise(rng: Random, size: int, indent: str) -> str:
    """Base64 noise, folded as signatures are."""
    text = base64.b64encode(rng.randbytes(size)).decode()
    return f"\n{indent}".join(text[i : i + 68] for i in range(0, len(text), 68))


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def _header(report: Report, rng: Random, boundary: str) -> str:
    style, sent = report.style, report.end + rng.randrange(3600, DAY)
    message_id = f"{rng.getrandbits(64):x}.{rng.getrandbits(32):x}@{style.submitter}"
    relay = f"mx-out{rng.randrange(1, 90)}.{style.submitter}"
    subject_id = f"<{report.report_id.replace(':', '.')}@{style.submitter}>"
    if style.submitter == "harbor.example":
        subject_id = report.report_id
    return (
        f"Return-Path: <{rng.getrandbits(80):x}@bounces.{style.submitter}>\n"
        f"Received: from {relay} ({relay} [198.51.100.{rng.randrange(1, 255)}])\n"
        f"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
        f"\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\n"
        f"\tby mail.{report.domain} (Postfix) with ESMTPS id {rng.getrandbits(44):011X}\n"
        f"\tfor <tls-reports@{report.domain}>; {_date(sent)}\n"
        f"Authentication-Results: mail.{report.domain};\n"
        f"\tdkim=pass (2048-bit key) header.d={style.submitter} header.i=@{style.submitter};\n"
        f"\tspf=pass smtp.mailfrom=bounces.{style.submitter}; dmarc=pass (p=reject)\n"
        f"\t header.from={style.submitter}\n"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
        f"\td={style.submitter}; s=tls2023; t={sent}; x={sent + 7 * DAY};\n"
        f"\th=to:from:subject:message-id:tls-report-submitter:tls-report-domain\n"
        f"\t :date:mime-version:from:to:cc:subject:date:message-id:reply-to;\n"
        f"\tbh={_noise(rng, 32, '')};\n"
        f"\tb={_noise(rng, 256, chr(9) + ' ')}\n"
        f"Date: {_date(sent)}\n"
        f"TLS-Report-Domain: {report.domain}\n"
        f"TLS-Report-Submitter: {style.submitter}\n"
        f"Message-ID: <{message_id}>\n"
        f"Subject: Report Domain: {report.domain} Submitter: {style.submitter}\n"
        f" Report-ID: {subject_id}\n"
        f"From: {style.contact_info}\n"
        f"To: tls-reports@{report.domain}\n"
        f'Content-Type: multipart/report; boundary="{boundary}"; report-type=tlsrpt\n'
        f"MIME-Version: 1.0\n"
    )


def _human_part(report: Report, rng: Random) -> str:
    says = f"This is an aggregate TLS report from {report.style.submitter}"
    if report.style.html:
        return (
            'Content-Type: text/html; charset="us-ascii"\n'
            "Content-Transfer-Encoding: quoted-printable\n\n"
            '<html><head><meta http-equiv=3D"Content-Type" content=3D"text/html"=\n>'
            f"</head>\n<body><div>{says}</div></body></html>\n"
        )
    text = 'Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes\n\n' + says + "\n"
    if rng.random() < 0.05:
        # A line that an mbox must quote (and that ends a message where nobody did).
        text += "\nFrom now on these reports come once a day.\n"
    return text


def mail(
    report: Report, text: bytes, rng: Random, *, packed: bytes | None, sequence: int = 1
) -> bytes:
    """A whole mail whose attachment is `packed` (gzip) or, where that is None, the JSON `text`."""
    boundary = f"{rng.getrandbits(96):024x}"
    name = attachment_name(report, sequence)
    header = _header(report, rng, boundary)
    media_type = report.style.media_type
    if packed is None:
        media_type = media_type.replace("+gzip", "+json")
        quoted = rng.random() < 0.5 or max(map(len, text.splitlines())) > 900
        encoding = "quoted-printable" if quoted else "7bit"
        body = (quopri.encodestring(text) if quoted else text).decode("latin-1")
        suffix = ".json"
    else:
        media_type = media_type.replace("+json", "+gzip")
        encoding, suffix = "base64", ".json.gz"
        body = base64.encodebytes(packed).decode()
    relayed = rng.random() < 0.03
    made = (
        f"{header}\n"
        f"--{boundary}\n{_human_part(report, rng)}\n"
        f"--{boundary}\n"
        f'Content-Type: {media_type};\n\tname="{name}{suffix}"\n'
        f'Content-Disposition: attachment;\n\tfilename="{name}{suffix}"\n'
        f"Content-Transfer-Encoding: {encoding}\n\n"
        f"{body.rstrip()}\n\n"
    )
    if relayed:
        made += f"--{boundary}\nContent-Type: text/plain\n\nChecked by the relay of the list.\n\n"
    made += f"--{boundary}--\n"
    if report.style.crlf:
        made = made.replace("\r\n", "\n").replace("\n", "\r\n")
    return made.encode("latin-1")


def zipped_mail(report: Report, text: bytes, rng: Random) -> bytes:
    """A colleague's mail: the report in a zip file, in an ordinary multipart/mixed."""
    name = attachment_name(report, 1) + ".json"
    boundary = f"=_{rng.getrandbits(96):024x}"
    packed = base64.encodebytes(zip_of([(name, text)])).decode()
    return (
        f"Date: {_date(report.end + DAY)}\n"
        "From: A Colleague <colleague@example.org>\n"
        f"To: postmaster@{report.domain}\n"
        "Subject: the report you asked for\n"
        f"Message-ID: <{rng.getrandbits(64):x}@example.org>\n"
        "MIME-Version: 1.0\n"
        f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n'
        f"--{boundary}\nContent-Type: text/plain\n\nHere it is.\n\n"
        f'--{boundary}\nContent-Type: application/zip; name="report.zip"\n'
        'Content-Disposition: attachment; filename="report.zip"\n'
        f"Content-Transfer-Encoding: base64\n\n{packed}\n--{boundary}--\n"
    ).encode()


def zip_of(members: list[tuple[str, bytes]], stored: bool = False) -> bytes:
    """A zip file with these members, the same bytes whenever it is made."""
    out = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def from_line(seconds: int) -> bytes:
    """The separator of an mbox (RFC 4155)."""
    sent = datetime.fromtimestamp(seconds, UTC).strftime("%a %b %e %H:%M:%S %Y")
    return f"From MAILER-DAEMON {sent}\n".encode()


def mboxed(message: bytes, seconds: int) -> bytes:
    """The message as it stands in an mbox: LF, `From ` quoted, an empty line behind (mboxrd)."""
    lines = message.replace(b"\r\n", b"\n").split(b"\n")
    quoted = [b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines]
    return from_line(seconds) + b"\n".join(quoted).rstrip(b"\n") + b"\n\n"


# ------------------------------------------------------------------------------- what is no report

_DMARC = """<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <report_metadata>
    <org_name>Lumen Inc.</org_name>
    <email>noreply-dmarc@lumen.example</email>
    <report_id>{id}</report_id>
    <date_range><begin>1719792000</begin><end>1719878399</end></date_range>
  </report_metadata>
  <policy_published><domain>example.com</domain><p>reject</p></policy_published>
  <record><row><source_ip>192.0.2.7</source_ip><count>3</count></row></record>
</feedback>
"""

_BOUNCE = """Return-Path: <>
Date: Mon, 01 Jul 2024 09:12:44 +0000
From: Mail Delivery System <MAILER-DAEMON@mail.example.com>
To: postmaster@example.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="{id}.1719825164/mail.example.com"
Message-Id: <{id}@mail.example.com>

This is a MIME-encapsulated message.

--{id}.1719825164/mail.example.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--{id}.1719825164/mail.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Final-Recipient: rfc822; nobody@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--{id}.1719825164/mail.example.com--
"""

# One pixel, as PNG.
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def _gzipped(data: bytes) -> bytes:
    """The same bytes with every Python; they differ in the number of the system (RFC 1952 2.3)."""
    packed = gzip.compress(data, mtime=0)
    return packed[:9] + b"\x03" + packed[10:]


def no_reports(rng: Random) -> list[tuple[str, bytes]]:
    """Name and content of things that lie in such archives and are plainly no TLS report."""
    number = str(rng.randrange(10**12))
    dmarc = _DMARC.format(id=number).encode()
    return [
        ("bounce.eml", _BOUNCE.format(id=f"{rng.getrandbits(40):X}").encode()),
        ("lumen.example!example.com!1719792000!1719878399.xml.gz", _gzipped(dmarc)),
        ("dmarc.xml", dmarc),
        ("screenshot.png", _PNG),
        ("notes.txt", b"Ask the hosting people about mx2, its certificate ends in autumn.\n"),
    ]
