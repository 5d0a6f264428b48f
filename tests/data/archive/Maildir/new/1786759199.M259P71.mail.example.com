Return-Path: <3c04bf0448fda799c453@bounces.aspen.example>
Received: from mx-out64.aspen.example (mx-out64.aspen.example [198.51.100.200])
	(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
	 key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)
	by mail.example.org (Postfix) with ESMTPS id D5B14D23703
	for <tls-reports@example.org>; Sat, 15 Aug 2026 04:17:18 +0000
Authentication-Results: mail.example.org;
	dkim=pass (2048-bit key) header.d=aspen.example header.i=@aspen.example;
	spf=pass smtp.mailfrom=bounces.aspen.example; dmarc=pass (p=reject)
	 header.from=aspen.example
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
	d=aspen.example; s=tls2023; t=1786767438; x=1787372238;
	h=to:from:subject:message-id:tls-report-submitter:tls-report-domain
	 :date:mime-version:from:to:cc:subject:date:message-id:reply-to;
	bh=Zz6ZxvMPXwynUxyEyHJbXQYRvMaPiDAVeKsl5bYuvDI=;
	b=WcSCkRnSbkYUQ4/KedbLI0IkhCJ7bCsswT+qGNiArHgOpHTrZ/61lAOsh6O/cxgo7g0H
	 f7/jeRTRuYxNqzxv28LvFTIjRvX8iVCg0qAS+noj27yvefWK6afKmREO8Epr+ANnOEE6
	 /2O74av+Ye04xWVir95RnBmBU8S3GrOD5BRkW/LMl7Qk8iVqBzYEMa0oJ/2+pffOXO2y
	 qIX9hS6jY4uIO5slIxidKVm/D7hNUHnfjCyAHdsQG5ncuKKDPp5XkBAkXJBIW08/X5+V
	 UqWwwmHybKu0EIA0iJnYuinlpHgS2Zbiekg4AaJHZKq6FQqMyvgrsxj2/gk/5MRlhM93
	 lA==
Date: Sat, 15 Aug 2026 04:17:18 +0000
TLS-Report-Domain: example.org
TLS-Report-Submitter: aspen.example
Message-ID: <98b7e2736f7a4248.ea9986a3@aspen.example>
Subject: Report Domain: example.org Submitter: aspen.example
 Report-ID: <20260814.129749755.mail@aspen.example@aspen.example>
From: postmaster@aspen.example
To: tls-reports@example.org
Content-Type: multipart/report; boundary="8cab6746cdd2268d0a20cc9d"; report-type=tlsrpt
MIME-Version: 1.0

--8cab6746cdd2268d0a20cc9d
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes

This is an aggregate TLS report from aspen.example

--8cab6746cdd2268d0a20cc9d
Content-Type: application/tlsrpt+gzip;
	name="aspen.example!example.org!1786665600!1786751999!001.json.gz"
Content-Disposition: attachment;
	filename="aspen.example!example.org!1786665600!1786751999!001.json.gz"
Content-Transfer-Encoding: base64

H4sIAAAAAAAAA61SwW6jMBA9k6+IOJfINsYYTvsP7anVajXYQxYJbIRNlbbKv69Nky1VmraHCgvM
+M3Mm/f8sklSO+3BdM/gO2syAwOm9TYFN6LZ4QGGscf0JsA0eMwmMPt4/rJJktR5mHwW4757zWKE
iYzIjPI7Qupl3cfkJEWjryFZXhdVWPfpJjnGTsoaD8pnnWltxI7W+QGcx+nXJa0JRxtYdPpclUjK
d5RVJa/KotgN0PUfpI2271SHLmQ9BH5xnlPw6TTe///MP40LZ987WKZ5O3J+6sz+VCTG8y0NT8k1
FDmnkgqSK101FKHkWOZS0LZpQoRKxduGt5QBVEJopCLgoeBcYFGdupzLqRyFylvSSkIKqUuqcyWL
+CqVoJhjSYmgTDdQtVWFBSuVRCZkxZHLApp0qfb7PXVtgzQmznXSZRcuwnm84ZD9DaqvBhsOdHcJ
jHH2Lv7aKr6PCyR18zDAtFLVWw995mal0Ll2DtvwjXdP2dnElpLerJFtcHCe8AJGVk3OGI0+7BZX
I4fl9FveOu++svYRp9i/3t7e3T7SNwGsxnqL4a5OCley1NsoWd+FyleEiwj2GQIOf2AfigvCg/Nf
uHitzhUvPyP2Eakf8JWRH/N1E6gc/wFoSEhdvQQAAA==

--8cab6746cdd2268d0a20cc9d--
