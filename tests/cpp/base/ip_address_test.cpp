// SPDX-License-Identifier: MIT
#include "base/ip_address.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace mxseal {
namespace {

using std::string_view_literals::operator""sv;

TEST(IpAddress, text_is_read_and_written_in_one_form) {
  for (const auto& [text, canonical] : {std::pair{"192.0.2.25", "192.0.2.25"},
                                        {"2001:DB8:0:0::25", "2001:db8::25"},
                                        {"::", "::"}}) {
    const std::optional<IpAddress> address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), canonical);
    EXPECT_EQ(IpAddress::parse(canonical), address);
  }
}

TEST(IpAddress, what_is_none_is_refused) {
  for (const std::string_view text :
       {""sv, "1.2.3"sv, "1.2.3.4.5"sv, "1.2.3.256"sv, " 1.2.3.4"sv, "1.2.3.4\0"sv, "[::1]"sv,
        "fe80::1%lo"sv, "1::2::3"sv, "::1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18"sv}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, families_differ) {
  EXPECT_TRUE(IpAddress::v4({1, 2, 3, 4}).is_v4());
  EXPECT_FALSE(IpAddress::v6({1, 2, 3, 4}).is_v4());
  EXPECT_NE(IpAddress::v4({1, 2, 3, 4}), IpAddress::v6({1, 2, 3, 4}));
  EXPECT_EQ(IpAddress::v6({}).text(), "::");
}

}  // namespace
}  // namespace mxseal
