// SPDX-License-Identifier: MIT
#include "check/row.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/ascii.hpp"

namespace mxseal::check {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// Leaf certificates that are remembered, and their bytes.
constexpr std::size_t kMaxLeaves = 512;
constexpr std::size_t kMaxLeafBytes = std::size_t{1} << 20;

constexpr std::string_view kMissing;  // data() is null

std::string_view text_or_missing(std::string_view text) {
  return text.empty() ? kMissing : text;
}

std::optional<std::int64_t> time_or_missing(std::int64_t seconds) {
  return seconds == kNever ? std::nullopt : std::optional(seconds);
}

std::string_view last_of(const std::vector<std::string>& names) {
  return names.empty() ? kMissing : std::string_view(names.back());
}

}  // namespace

// Words that repeat, as numbers into dictionaries that all batches of a scan share.
struct Rows::Words {
  std::shared_ptr<Dictionary> words = std::make_shared<Dictionary>();
  std::shared_ptr<Dictionary> codes = std::make_shared<Dictionary>();
  std::shared_ptr<Dictionary> sections = std::make_shared<Dictionary>();
  std::shared_ptr<Dictionary> result_types = std::make_shared<Dictionary>();
  std::shared_ptr<Dictionary> causes = std::make_shared<Dictionary>();
  std::shared_ptr<Dictionary> remedies = std::make_shared<Dictionary>();

  // The numbers of a finding's texts; -1 is a missing one.
  struct About {
    std::int32_t code, section, result_type, cause, remedy;
  };
  std::vector<About> findings;

  // All words are in the dictionaries from the first batch on, so that no batch changes what another one holds.
  Words() {
    for (std::size_t i = 0; i < static_cast<std::size_t>(judge::FindingId::count_); ++i) {
      const judge::FindingRow& row = judge::row(static_cast<judge::FindingId>(i));
      findings.push_back({codes->intern(row.code), sections->intern(row.section),
                          row.result_type.empty() ? -1 : result_types->intern(row.result_type),
                          causes->intern(row.cause), remedies->intern(row.remedy)});
    }
    intern_all(judge::verdict_name, judge::Verdict::unprotected);
    intern_all(judge::effect_name, judge::Effect::unknown);
    intern_all(judge::outcome_name, judge::Outcome::unknown);
    intern_all(judge::host_dane_name, judge::HostDane::unknown);
    intern_all(judge::domain_dane_name, judge::DomainDane::unknown);
    intern_all(judge::severity_name, judge::Severity::info);
    intern_all(facts::fetch_status_name, facts::FetchStatus::invalid);
    intern_all(facts::smtp_status_name, facts::SmtpStatus::secured);
    for (const auto mode : {mtasts::Mode::enforce, mtasts::Mode::testing, mtasts::Mode::none})
      words->intern(mtasts::mode_name(mode));
    for (const std::string_view version : {"", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"})
      words->intern(version);
  }

 private:
  template <typename Name, typename Value>
  void intern_all(Name name, Value last) {
    for (int value = 0; value <= static_cast<int>(last); ++value)
      words->intern(name(static_cast<Value>(value)));
  }
};

struct Rows::Columns {
  explicit Columns(const Words& words)
      : verdict(word(words)),
        plain(word(words)),
        mta_sts(word(words)),
        dane_effect(word(words)),
        policy_mode(word(words)),
        policy_status(word(words)),
        dane_state(word(words)),
        host_dane(word(words)),
        host_verdict(word(words)),
        smtp_status(word(words)),
        tls_version(word(words)),
        address_verdict(word(words)),
        code(std::make_shared<DictionaryColumn>(words.codes)),
        severity(word(words)),
        section(std::make_shared<DictionaryColumn>(words.sections)),
        result_type(std::make_shared<DictionaryColumn>(words.result_types)),
        cause(std::make_shared<DictionaryColumn>(words.causes)),
        remedy(std::make_shared<DictionaryColumn>(words.remedies)),
        addresses(std::make_shared<ListColumn>(std::make_shared<StructColumn>(
            std::vector<StructColumn::Field>{{"address", address},
                                             {"smtp_status", smtp_status},
                                             {"tls_version", tls_version},
                                             {"not_after", not_after},
                                             {"sha256", sha256},
                                             {"verdict", address_verdict}}))),
        mx(std::make_shared<ListColumn>(std::make_shared<StructColumn>(
            std::vector<StructColumn::Field>{{"host", host},
                                             {"preference", preference},
                                             {"in_policy", in_policy},
                                             {"dane", host_dane},
                                             {"verdict", host_verdict},
                                             {"addresses", addresses}}))),
        findings(std::make_shared<ListColumn>(std::make_shared<StructColumn>(
            std::vector<StructColumn::Field>{{"code", code},
                                             {"severity", severity},
                                             {"section", section},
                                             {"result_type", result_type},
                                             {"subject", subject},
                                             {"detail", detail},
                                             {"cause", cause},
                                             {"remedy", remedy},
                                             {"seen_at", seen_at}}))) {}

  std::shared_ptr<const Table> table() const {
    auto effects = std::make_shared<StructColumn>(std::vector<StructColumn::Field>{
        {"plain", plain}, {"mta_sts", mta_sts}, {"dane", dane_effect}});
    auto out = std::make_shared<Table>();
    out->rows = line->size();
    out->fields = {{"line", line},
                   {"domain", domain},
                   {"verdict", verdict},
                   {"effects", std::move(effects)},
                   {"sts_id", sts_id},
                   {"sts_cname", sts_cname},
                   {"policy_mode", policy_mode},
                   {"max_age", max_age},
                   {"policy_mx", policy_mx},
                   {"policy_status", policy_status},
                   {"policy_address", policy_address},
                   {"policy_cname", policy_cname},
                   {"policy_expiry", policy_expiry},
                   {"policy_sha256", policy_sha256},
                   {"mx_count", mx_count},
                   {"mx_passed", mx_passed},
                   {"mx_failed", mx_failed},
                   {"mx_unknown", mx_unknown},
                   {"dane_state", dane_state},
                   {"tlsrpt", tlsrpt},
                   {"tlsrpt_rua", tlsrpt_rua},
                   {"first_expiry", first_expiry},
                   {"errors", errors},
                   {"warnings", warnings},
                   {"mx", mx},
                   {"findings", findings},
                   {"started", started},
                   {"seconds", seconds}};
    return out;
  }

  using Ints = std::shared_ptr<IntColumn>;
  using Texts = std::shared_ptr<TextColumn>;
  using Words_ = std::shared_ptr<DictionaryColumn>;
  using Times = std::shared_ptr<OptionalTimestampColumn>;

  static Words_ word(const Words& words) { return std::make_shared<DictionaryColumn>(words.words); }
  static Ints ints() { return std::make_shared<IntColumn>(); }
  static Texts texts() { return std::make_shared<TextColumn>(); }
  static Times times() { return std::make_shared<OptionalTimestampColumn>(); }

  Ints line = ints();
  Texts domain = texts();
  Words_ verdict, plain, mta_sts, dane_effect;
  Texts sts_id = texts(), sts_cname = texts();
  Words_ policy_mode;
  std::shared_ptr<OptionalIntColumn> max_age = std::make_shared<OptionalIntColumn>();
  std::shared_ptr<TextListColumn> policy_mx = std::make_shared<TextListColumn>();
  Words_ policy_status;
  Texts policy_address = texts(), policy_cname = texts();
  Times policy_expiry = times();
  Texts policy_sha256 = texts();
  Ints mx_count = ints(), mx_passed = ints(), mx_failed = ints(), mx_unknown = ints();
  Words_ dane_state;
  Texts tlsrpt = texts();
  std::shared_ptr<TextListColumn> tlsrpt_rua = std::make_shared<TextListColumn>();
  Times first_expiry = times();
  Ints errors = ints(), warnings = ints();

  Texts host = texts();
  Ints preference = ints();
  std::shared_ptr<BoolColumn> in_policy = std::make_shared<BoolColumn>();
  Words_ host_dane, host_verdict;
  Texts address = texts();
  Words_ smtp_status, tls_version;
  Times not_after = times();
  Texts sha256 = texts();
  Words_ address_verdict;

  Words_ code, severity, section, result_type;
  Texts subject = texts(), detail = texts();
  Words_ cause, remedy;
  std::shared_ptr<TimestampColumn> seen_at = std::make_shared<TimestampColumn>();

  std::shared_ptr<ListColumn> addresses, mx, findings;
  std::shared_ptr<TimestampColumn> started = std::make_shared<TimestampColumn>();
  std::shared_ptr<FloatColumn> seconds = std::make_shared<FloatColumn>();
};

Rows::Rows() : words_(std::make_unique<Words>()), columns_(std::make_unique<Columns>(*words_)) {}
Rows::~Rows() = default;
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;

std::int64_t Rows::size() const {
  return columns_->line->size();
}

std::shared_ptr<const Table> Rows::take() {
  const auto full = std::exchange(columns_, std::make_unique<Columns>(*words_));
  return full->table();
}

const Rows::Leaf& Rows::leaf(const pki::Certificate& certificate) {
  const auto known = leaves_.find(certificate.native());
  if (known != leaves_.end()) return known->second;
  if (leaves_.size() >= kMaxLeaves || leaf_bytes_ >= kMaxLeafBytes) {
    leaves_.clear();
    leaf_bytes_ = 0;
  }
  leaf_bytes_ += certificate.size();
  Leaf leaf{certificate, certificate.not_after(), ascii::hex(certificate.sha256())};
  return leaves_.emplace(certificate.native(), std::move(leaf)).first->second;
}

void Rows::add(std::int64_t line, const facts::Domain& facts, const judge::Judgement& judgement) {
  Columns& to = *columns_;
  to.line->push_back(line);
  push_any(*to.domain, facts.domain);
  to.verdict->push_back(judge::verdict_name(judgement.verdict));
  to.plain->push_back(judge::effect_name(judgement.effects.plain));
  to.mta_sts->push_back(judge::effect_name(judgement.effects.mta_sts));
  to.dane_effect->push_back(judge::effect_name(judgement.effects.dane));

  to.sts_id->push_back(judgement.record ? std::string_view(judgement.record->id) : kMissing);
  push_any(*to.sts_cname, last_of(facts.sts_record.cnames));
  std::vector<std::string_view> patterns;
  if (judgement.policy) {
    for (const mtasts::MxPattern& pattern : judgement.policy->mx)
      patterns.emplace_back(pattern.text());
  }
  to.policy_mode->push_back(judgement.policy ? mtasts::mode_name(judgement.policy->mode)
                                             : kMissing);
  to.max_age->push_back(judgement.policy ? judgement.policy->max_age : 0,
                        judgement.policy.has_value());
  to.policy_mx->push_back(patterns);

  const facts::PolicyFetch& fetch = facts.policy;
  const bool fetched = fetch.status != facts::FetchStatus::not_tried;
  to.policy_status->push_back(fetched ? facts::fetch_status_name(fetch.status) : kMissing);
  const std::string address = fetch.attempts.empty() ? std::string() : fetch.address.text();
  to.policy_address->push_back(text_or_missing(address));
  push_any(*to.policy_cname,
           last_of(fetch.ipv4.cnames.empty() ? fetch.ipv6.cnames : fetch.ipv4.cnames));
  std::int64_t first_expiry = kNever;
  std::string_view sha256 = kMissing;
  if (!fetch.tls.chain.empty()) {
    const Leaf& met = leaf(fetch.tls.chain.front());
    first_expiry = met.not_after;
    sha256 = met.sha256;
  }
  to.policy_expiry->push_back_seconds(time_or_missing(first_expiry));
  push_any(*to.policy_sha256, sha256);

  first_expiry = std::min(first_expiry, add_mx(facts, judgement));
  to.dane_state->push_back(judge::domain_dane_name(judgement.dane));
  std::vector<std::string_view> rua;
  if (judgement.tlsrpt) rua.assign(judgement.tlsrpt->rua.begin(), judgement.tlsrpt->rua.end());
  push_any(*to.tlsrpt, judgement.tlsrpt ? std::string_view(judgement.tlsrpt->text) : kMissing);
  to.tlsrpt_rua->push_back(rua);
  to.first_expiry->push_back_seconds(time_or_missing(first_expiry));

  add_findings(judgement);
  to.started->push_back_seconds(facts.started);
  to.seconds->push_back(facts.seconds);
}

// Gives the earliest end of a leaf certificate.
std::int64_t Rows::add_mx(const facts::Domain& facts, const judge::Judgement& judgement) {
  Columns& to = *columns_;
  std::int64_t first_expiry = kNever;
  std::array<std::int64_t, 3> outcomes{};
  for (std::size_t i = 0; i < facts.mx_hosts.size(); ++i) {
    const facts::MxHost& host = facts.mx_hosts[i];
    const judge::MxJudgement* judged = i < judgement.mx.size() ? &judgement.mx[i] : nullptr;
    const judge::Outcome outcome = judged == nullptr ? judge::Outcome::unknown : judged->outcome;
    ++outcomes[static_cast<std::size_t>(outcome)];
    push_any(*to.host, host.host);
    to.preference->push_back(host.preference);
    to.in_policy->push_back(judged == nullptr ? std::nullopt : judged->in_policy);
    to.host_dane->push_back(
        judge::host_dane_name(judged == nullptr ? judge::HostDane::unknown : judged->dane));
    to.host_verdict->push_back(judge::outcome_name(outcome));
    first_expiry = std::min(first_expiry, add_addresses(host, judged));
  }
  to.mx->end_row();
  to.mx_count->push_back(static_cast<std::int64_t>(facts.mx_hosts.size()));
  to.mx_passed->push_back(outcomes[static_cast<std::size_t>(judge::Outcome::passes)]);
  to.mx_failed->push_back(outcomes[static_cast<std::size_t>(judge::Outcome::fails)]);
  to.mx_unknown->push_back(outcomes[static_cast<std::size_t>(judge::Outcome::unknown)]);
  return first_expiry;
}

std::int64_t Rows::add_addresses(const facts::MxHost& host, const judge::MxJudgement* judged) {
  Columns& to = *columns_;
  std::int64_t first_expiry = kNever;
  for (std::size_t i = 0; i < host.probes.size(); ++i) {
    const facts::SmtpProbe& probe = host.probes[i];
    const bool known = judged != nullptr && i < judged->addresses.size();
    to.address->push_back(probe.address.text());
    to.smtp_status->push_back(facts::smtp_status_name(probe.status));
    to.tls_version->push_back(probe.tls.version);
    if (probe.tls.chain.empty()) {
      to.not_after->push_back_seconds({});
      to.sha256->push_back(std::string_view(""));
    } else {
      const Leaf& met = leaf(probe.tls.chain.front());
      first_expiry = std::min(first_expiry, met.not_after);
      to.not_after->push_back_seconds(met.not_after);
      to.sha256->push_back(met.sha256);
    }
    to.address_verdict->push_back(
        judge::outcome_name(known ? judged->addresses[i].outcome : judge::Outcome::unknown));
  }
  to.addresses->end_row();
  return first_expiry;
}

void Rows::add_findings(const judge::Judgement& judgement) {
  Columns& to = *columns_;
  std::int64_t errors = 0;
  std::int64_t warnings = 0;
  for (const judge::Finding& finding : judgement.findings) {
    errors += finding.severity == judge::Severity::error ? 1 : 0;
    warnings += finding.severity == judge::Severity::warning ? 1 : 0;
    const Words::About& about = words_->findings[static_cast<std::size_t>(finding.id)];
    to.code->push_back_number(about.code);
    to.severity->push_back(judge::severity_name(finding.severity));
    to.section->push_back_number(about.section);
    to.result_type->push_back_number(about.result_type);
    push_any(*to.subject, finding.subject);
    push_any(*to.detail, finding.detail);
    to.cause->push_back_number(about.cause);
    to.remedy->push_back_number(about.remedy);
    to.seen_at->push_back_seconds(finding.seen_at);
  }
  to.findings->end_row();
  to.errors->push_back(errors);
  to.warnings->push_back(warnings);
}

}  // namespace mxseal::check
