// SPDX-License-Identifier: MIT
// Which parts of a mail may be a TLS report (RFC 8460 §5.3): those of its media types and
// attachments that are JSON or packed; where none has such a type, whatever may be one under another
// name (real senders write application/gzip, octet-stream and worse).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "formats/mime.hpp"

namespace mxseal::reports {

/// Fills `found` with the indices of such parts. True where there is none and the mail is a bounce:
/// what lies in it is mail that could not be delivered, not a report to its reader.
bool find_report_parts(std::span<const mime::Part> parts, std::vector<std::size_t>& found);

}  // namespace mxseal::reports
