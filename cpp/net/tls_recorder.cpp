// SPDX-License-Identifier: MIT
#include "net/tls_recorder.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <utility>

namespace mxseal::net {
namespace {

// OpenSSL's default, about 180 certificates. A lower limit would call broken what senders on OpenSSL take.
constexpr long kMaxChainBytes = 100L << 10;

int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int connection_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

void TlsRecorder::prepare(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, 0);
  // Distributions raise the level to 2, which refuses weak Diffie-Hellman groups that senders accept: what is measured must not
  // depend on this machine's configuration. 1 is OpenSSL's own default.
  SSL_CTX_set_security_level(context, 1);
  // Servers without RFC 5746: there is no renegotiation here that could be attacked. A second handshake would show the certificate
  // of whoever is let in then, and not of whom the answer comes from.
  SSL_CTX_set_options(
      context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kMaxChainBytes);
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  // SSL_VERIFY_NONE verifies all the same and ignores the result; this replaces the verification.
  SSL_CTX_set_cert_verify_callback(context, &TlsRecorder::on_chain, nullptr);
  SSL_CTX_set_info_callback(context, &TlsRecorder::on_info);
  SSL_CTX_set_msg_callback(context, &TlsRecorder::on_message);
}

TlsRecorder::~TlsRecorder() {
  if (context_ == nullptr) return;
  SSL_CTX_set_ex_data(context_, context_index(), nullptr);
  SSL_CTX_free(context_);
}

void TlsRecorder::watch_all(SSL_CTX* context, std::size_t most, std::function<void()> on_more) {
  most_ = most;
  on_more_ = std::move(on_more);
  SSL_CTX_up_ref(context);
  SSL_CTX_free(context_);
  context_ = context;
  SSL_CTX_set_ex_data(context, context_index(), this);
}

void TlsRecorder::watch(SSL* ssl) {
  SSL_set_ex_data(ssl, connection_index(), this);
}

TlsRecorder* TlsRecorder::of(const SSL* ssl) {
  void* recorder = SSL_get_ex_data(ssl, connection_index());
  if (recorder == nullptr) recorder = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index());
  return static_cast<TlsRecorder*>(recorder);
}

void TlsRecorder::on_info(const SSL* ssl, int where, int value) {
  TlsRecorder* recorder = of(ssl);
  if (recorder == nullptr) return;
  const bool is_alert = (where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT;
  if (is_alert && (value & 0xFF) == SSL_AD_CLOSE_NOTIFY) recorder->close_notified_ = true;
  // TLS 1.3 begins and ends a handshake again for each session ticket.
  if (recorder->is_done()) return;
  if ((where & SSL_CB_HANDSHAKE_START) != 0) recorder->begun_ = true;
  if (is_alert) recorder->alert_ = value & 0xFF;
  if ((where & SSL_CB_CONNECT_EXIT) == SSL_CB_CONNECT_EXIT && value <= 0) recorder->note_error();
  if ((where & SSL_CB_HANDSHAKE_DONE) != 0) recorder->note_success(ssl);
}

void TlsRecorder::on_message(int sent, int /*version*/, int type, const void* bytes,
                             std::size_t size, SSL* ssl, void* /*unused*/) {
  if (sent != 0 || type != SSL3_RT_HEADER || size < SSL3_RT_HEADER_LENGTH) return;
  TlsRecorder* recorder = of(ssl);
  if (recorder == nullptr || !recorder->on_more_) return;
  const auto* header = static_cast<const unsigned char*>(bytes);
  recorder->received_ += size + (std::size_t{header[3]} << 8U) + header[4];
  if (recorder->received_ > recorder->most_) std::exchange(recorder->on_more_, nullptr)();
}

int TlsRecorder::on_chain(X509_STORE_CTX* chain, void* /*unused*/) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsRecorder* recorder = of(ssl);
  if (recorder != nullptr) {
    const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(chain);
    recorder->tls_.chain.clear();
    for (int i = 0; i < sk_X509_num(sent); ++i) {
      X509* certificate = sk_X509_value(sent, i);
      X509_up_ref(certificate);
      recorder->tls_.chain.push_back(pki::Certificate::adopt(certificate));
    }
  }
  X509_STORE_CTX_set_error(chain, X509_V_OK);
  return 1;
}

void TlsRecorder::note_success(const SSL* ssl) {
  tls_.status = facts::TlsStatus::done;
  tls_.version = text_of(SSL_get_version(ssl));
  tls_.cipher = text_of(SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl)));
  // The call is a macro on SSL_ctrl(), which takes no const.
  SSL* asked = const_cast<SSL*>(ssl);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  tls_.group = text_of(SSL_group_to_name(asked, static_cast<int>(SSL_get_negotiated_group(asked))));
  tls_.detail.clear();
}

void TlsRecorder::note_error() {
  const unsigned long error = ERR_peek_error();
  if (error != 0 && error_ == 0) error_ = error;
}

void TlsRecorder::fail() {
  if (is_done()) return;
  const int reason = ERR_GET_LIB(error_) == ERR_LIB_SSL ? ERR_GET_REASON(error_) : 0;
  tls_.detail = text_of(ERR_reason_error_string(error_));
  if (alert_ == SSL_AD_UNRECOGNIZED_NAME) {
    tls_.status = facts::TlsStatus::sni_rejected;
  } else if (alert_ == SSL_AD_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL ||
             reason == SSL_R_VERSION_TOO_LOW || reason == SSL_R_WRONG_SSL_VERSION) {
    // The server's alert, or its answer in a version that was not offered.
    tls_.status = facts::TlsStatus::version_old;
  } else if (error_ == 0 || ERR_SYSTEM_ERROR(error_) ||
             reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    tls_.status = facts::TlsStatus::closed;
    tls_.detail = "connection closed";
  } else {
    tls_.status = facts::TlsStatus::failed;
  }
}

void TlsRecorder::time_out() {
  if (!is_done()) tls_.status = facts::TlsStatus::timed_out;
}

}  // namespace mxseal::net
