// SPDX-License-Identifier: MIT
#include "formats/report_uri.hpp"

#include <gtest/gtest.h>

namespace mxseal::tlsrpt {
namespace {

TEST(ReportTarget, says_where_a_uri_leads) {
  struct Row {
    const char* uri;
    bool by_mail;
    const char* domain;
    unsigned port;
  };
  for (const Row& row : {
           Row{"mailto:tls@example.com", true, "example.com", 0},
           Row{"MAILTO:tls@Example.com?subject=a@b", true, "Example.com", 0},
           Row{"https://example.com", false, "example.com", 0},
           Row{"https://example.com:8443/v1?x=a:b", false, "example.com", 8443},
           Row{"https://example.com:/v1", false, "example.com", 0},
           Row{"https://user:secret@example.com/a@b:1", false, "example.com", 0},
           Row{"https://[2001:db8::1]:444/", false, "[2001:db8::1]", 444},
           Row{"https://[2001:db8::1]", false, "[2001:db8::1]", 0},
       }) {
    const std::optional<ReportTarget> target = report_target(row.uri);
    ASSERT_TRUE(target) << row.uri;
    EXPECT_EQ(target->by_mail, row.by_mail) << row.uri;
    EXPECT_EQ(target->domain, row.domain) << row.uri;
    EXPECT_EQ(target->port, row.port) << row.uri;
  }
}

TEST(ReportTarget, is_nothing_where_no_report_can_go) {
  for (const char* uri :
       {"", "http://example.com", "mailto:nobody", "https://", "https://a:65536/", "https://a:0"})
    EXPECT_FALSE(report_target(uri)) << uri;
}

}  // namespace
}  // namespace mxseal::tlsrpt
