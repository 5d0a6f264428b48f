// SPDX-License-Identifier: MIT
// The names of what was seen, as they stand in JSON and columns.
#include "facts/dns.hpp"
#include "facts/https.hpp"
#include "facts/smtp.hpp"
#include "facts/tls.hpp"

namespace mxseal::facts {

std::string_view lookup_status_name(LookupStatus status) {
  switch (status) {
    case LookupStatus::not_asked:
      return "not_asked";
    case LookupStatus::answer:
      return "answer";
    case LookupStatus::no_data:
      return "no_data";
    case LookupStatus::no_name:
      return "no_name";
    case LookupStatus::servfail:
      return "servfail";
    case LookupStatus::bogus:
      return "bogus";
    case LookupStatus::timed_out:
      return "timed_out";
    case LookupStatus::resolver_error:
      return "resolver_error";
  }
  return {};
}

std::string_view tls_status_name(TlsStatus status) {
  switch (status) {
    case TlsStatus::not_tried:
      return "not_tried";
    case TlsStatus::done:
      return "done";
    case TlsStatus::failed:
      return "failed";
    case TlsStatus::version_old:
      return "version_old";
    case TlsStatus::sni_rejected:
      return "sni_rejected";
    case TlsStatus::closed:
      return "closed";
    case TlsStatus::timed_out:
      return "timed_out";
  }
  return {};
}

std::string_view fetch_status_name(FetchStatus status) {
  switch (status) {
    case FetchStatus::not_tried:
      return "not_tried";
    case FetchStatus::response:
      return "response";
    case FetchStatus::connect_refused:
      return "connect_refused";
    case FetchStatus::connect_timeout:
      return "connect_timeout";
    case FetchStatus::private_address:
      return "private_address";
    case FetchStatus::blocked:
      return "blocked";
    case FetchStatus::tls:
      return "tls";
    case FetchStatus::headers_too_large:
      return "headers_too_large";
    case FetchStatus::body_too_large:
      return "body_too_large";
    case FetchStatus::too_slow:
      return "too_slow";
    case FetchStatus::cut_short:
      return "cut_short";
    case FetchStatus::truncated:
      return "truncated";
    case FetchStatus::content_encoding:
      return "content_encoding";
    case FetchStatus::invalid:
      return "invalid";
  }
  return {};
}

std::string_view smtp_status_name(SmtpStatus status) {
  switch (status) {
    case SmtpStatus::not_probed:
      return "not_probed";
    case SmtpStatus::blocked:
      return "blocked";
    case SmtpStatus::private_address:
      return "private_address";
    case SmtpStatus::connect_refused:
      return "connect_refused";
    case SmtpStatus::timed_out:
      return "timed_out";
    case SmtpStatus::tarpit:
      return "tarpit";
    case SmtpStatus::protocol:
      return "protocol";
    case SmtpStatus::banner_4xx:
      return "banner_4xx";
    case SmtpStatus::banner_5xx:
      return "banner_5xx";
    case SmtpStatus::ehlo_rejected:
      return "ehlo_rejected";
    case SmtpStatus::starttls_missing:
      return "starttls_missing";
    case SmtpStatus::starttls_refused:
      return "starttls_refused";
    case SmtpStatus::injection:
      return "injection";
    case SmtpStatus::tls:
      return "tls";
    case SmtpStatus::secured:
      return "secured";
  }
  return {};
}

}  // namespace mxseal::facts
