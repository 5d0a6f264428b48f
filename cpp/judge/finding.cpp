// SPDX-License-Identifier: MIT
#include "judge/finding.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/utf8.hpp"

namespace mxseal::judge {
namespace {

constexpr FindingRow kRows[] = {
#define MXSEAL_FINDING(name, code, severity, section, result_type, cause, remedy) \
  {code, Severity::severity, section, result_type, cause, remedy},
#include "judge/findings.def"
#undef MXSEAL_FINDING
};

std::optional<FindingId> find(std::string_view area, std::string_view code) {
  return find_finding(std::string(area).append(code));
}

}  // namespace

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::unknown:
      return "unknown";
    case Severity::warning:
      return "warning";
    case Severity::info:
      return "info";
  }
  return {};  // untested: unreachable
}

const FindingRow& row(FindingId id) {
  return kRows[static_cast<std::size_t>(id)];
}

std::optional<FindingId> find_finding(std::string_view code) {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].code == code) return static_cast<FindingId>(i);
  }
  return std::nullopt;
}

std::optional<FindingId> finding_of(std::string_view area, Errc code) {
  return find(area, code_name(code));
}

std::optional<FindingId> finding_of(std::string_view area, Deviation deviation) {
  return find(area, code_name(deviation));
}

void Findings::add(FindingId id, std::string subject, std::string detail) {
  add(id, row(id).severity, std::move(subject), std::move(detail));
}

void Findings::add(FindingId id, Severity severity, std::string subject, std::string detail) {
  if (detail.size() > kMaxFindingDetail) {
    const std::string_view kept = utf8::prefix(detail, kMaxFindingDetail);
    detail =
        std::string(kept) + " (and " + std::to_string(detail.size() - kept.size()) + " bytes more)";
  }
  const bool known = std::ranges::any_of(findings_, [&](const Finding& each) {
    return each.id == id && each.subject == subject && each.detail == detail;
  });
  if (known) return;
  const auto of_one = std::ranges::count_if(
      findings_, [&](const Finding& each) { return each.id == id && each.severity == severity; });
  if (static_cast<std::size_t>(of_one) >= kMaxOfOneFinding) {
    ++left_out_[{id, severity}];
    return;
  }
  findings_.push_back({id, severity, std::move(subject), std::move(detail), seen_at_});
}

void Findings::add(std::string_view area, const Deviations& deviations,
                   const std::string& subject) {
  for (const std::string_view code : deviations.names()) {
    if (const auto id = find(area, code)) add(*id, subject);
  }
}

bool Findings::has(FindingId id) const {
  return std::ranges::any_of(findings_, [id](const Finding& each) { return each.id == id; });
}

bool Findings::has_error(std::string_view area) const {
  return std::ranges::any_of(findings_, [&](const Finding& each) {
    return each.severity == Severity::error && each.code().starts_with(area);
  });
}

std::vector<Finding> Findings::sorted() && {
  for (const auto& [kind, count] : left_out_) {
    const auto is_of_kind = [of = kind](const Finding& each) {
      return std::pair(each.id, each.severity) == of;
    };
    const auto last = std::find_if(findings_.rbegin(), findings_.rend(), is_of_kind);
    last->detail +=
        (last->detail.empty() ? "(and " : " (and ") + std::to_string(count) + " more like this)";
  }
  std::ranges::stable_sort(findings_, {},
                           [](const Finding& each) { return std::tuple(each.severity, each.id); });
  return std::move(findings_);
}

}  // namespace mxseal::judge
