// SPDX-License-Identifier: MIT
// Whether a certificate is for a host: RFC 8461 §4.2 by the rules of RFC 9525 §6.3.
//
// Only dNSNames of the subjectAltName count, never the CN; "*" only as the whole left-most label, for exactly one label. This is
// checked here, before and apart from OpenSSL, whose own check has holes for odd hosts.
#pragma once

#include <string_view>

#include "base/domain_name.hpp"
#include "pki/certificate.hpp"

namespace mxseal::pki {

/// Whether one dNSName covers the host.
bool name_covers(std::string_view name, const DomainName& host);

/// Whether any dNSName of the certificate does.
bool is_for(const Certificate& certificate, const DomainName& host);

/// Whether only the CN names the host, and there is no dNSName at all: what old software takes, and senders must not.
bool is_for_by_common_name_only(const Certificate& certificate, const DomainName& host);

}  // namespace mxseal::pki
