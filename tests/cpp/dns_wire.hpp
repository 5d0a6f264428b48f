// SPDX-License-Identifier: MIT
// DNS messages for tests, put together byte by byte: nothing here is taken from what is tested.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mxseal::test::dns {

inline std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFFU)};
}

inline std::string u32(std::uint32_t value) {
  return u16(value >> 16) + u16(value & 0xFFFFU);
}

/// A name without compression; its dots part the labels.
inline std::string wire_name(std::string_view text) {
  std::string wire;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    wire += static_cast<char>(label.size());
    wire += label;
    text.remove_prefix(label.size() == text.size() ? text.size() : label.size() + 1);
  }
  return wire + '\0';
}

constexpr unsigned kA = 1;
constexpr unsigned kCname = 5;
constexpr unsigned kSoa = 6;
constexpr unsigned kMx = 15;
constexpr unsigned kTxt = 16;
constexpr unsigned kAaaa = 28;
constexpr unsigned kOpt = 41;
constexpr unsigned kTlsa = 52;

/// A record with an owner that is wire format already.
inline std::string raw_record(const std::string& owner, unsigned type, std::uint32_t ttl,
                              const std::string& data, unsigned record_class = 1) {
  return owner + u16(type) + u16(record_class) + u32(ttl) +
         u16(static_cast<unsigned>(data.size())) + data;
}

inline std::string record(std::string_view owner, unsigned type, std::uint32_t ttl,
                          const std::string& data) {
  return raw_record(wire_name(owner), type, ttl, data);
}

inline std::string string_of(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

inline std::string txt(std::string_view owner, std::initializer_list<std::string_view> strings,
                       std::uint32_t ttl = 300) {
  std::string data;
  for (const std::string_view each : strings) data += string_of(each);
  return record(owner, kTxt, ttl, data);
}

inline std::string cname(std::string_view owner, std::string_view target, std::uint32_t ttl = 300) {
  return record(owner, kCname, ttl, wire_name(target));
}

inline std::string mx(std::string_view owner, unsigned preference, std::string_view exchange) {
  return record(owner, kMx, 300, u16(preference) + wire_name(exchange));
}

inline std::string soa(std::string_view owner, std::uint32_t ttl, std::uint32_t minimum) {
  return record(owner, kSoa, ttl,
                wire_name("ns.example") + wire_name("root.example") + u32(1) + u32(2) + u32(3) +
                    u32(4) + u32(minimum));
}

// Flags of the header's second word.
constexpr unsigned kResponse = 0x8180;  // QR, RD, RA
constexpr unsigned kTruncated = 0x0200;
constexpr unsigned kAd = 0x0020;
constexpr unsigned kCd = 0x0010;
constexpr unsigned kFormerr = 1;
constexpr unsigned kServfail = 2;
constexpr unsigned kNxdomain = 3;
constexpr unsigned kRefused = 5;

using Records = std::vector<std::string>;

/// A whole message; `question` is wire format, with type and class.
inline std::string message(unsigned id, unsigned flags, const std::string& question,
                           const Records& answers = {}, const Records& authorities = {},
                           const Records& additional = {}) {
  std::string bytes = u16(id) + u16(flags) + u16(question.empty() ? 0 : 1) +
                      u16(static_cast<unsigned>(answers.size())) +
                      u16(static_cast<unsigned>(authorities.size())) +
                      u16(static_cast<unsigned>(additional.size())) + question;
  for (const Records* section : {&answers, &authorities, &additional}) {
    for (const std::string& each : *section) bytes += each;
  }
  return bytes;
}

inline std::string question(std::string_view name, unsigned type) {
  return wire_name(name) + u16(type) + u16(1);
}

}  // namespace mxseal::test::dns
