// SPDX-License-Identifier: MIT
// TlsRecorder: watches one handshake of OpenSSL and says what it showed, whoever drives it (our own TlsClient, libcurl).
//
// Nothing is verified and nothing is refused here: every certificate is accepted and kept, and judge decides once what the chain is
// worth (OpenSSL would otherwise verify it a first time and throw the result away).
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "facts/tls.hpp"

struct ssl_ctx_st;         // SSL_CTX
struct ssl_st;             // SSL
struct x509_store_ctx_st;  // X509_STORE_CTX

namespace mxseal::net {

class TlsRecorder {
 public:
  TlsRecorder() = default;
  ~TlsRecorder();
  TlsRecorder(const TlsRecorder&) = delete;
  TlsRecorder& operator=(const TlsRecorder&) = delete;

  /// What every client context needs: TLS 1.2 and later (RFC 8461 §7.2), bounds, no verification, recorders told.
  static void prepare(ssl_ctx_st* context);

  /// Watches all handshakes of a prepared context, as long as the recorder lives (libcurl may shut a connection down later). Once,
  /// when more than `most` bytes have come from the peer, whatever they are, `on_more` is called; it ends the connection.
  void watch_all(ssl_ctx_st* context, std::size_t most, std::function<void()> on_more);
  /// Watches the one of `ssl`, which the recorder must outlive.
  void watch(ssl_st* ssl);

  bool is_begun() const { return begun_; }
  bool is_done() const { return tls_.status == facts::TlsStatus::done; }
  /// The peer has said that nothing follows.
  bool is_close_notified() const { return close_notified_; }

  /// The handshake ended without success: says which way it failed.
  void fail();
  /// Whoever drives it has given up waiting.
  void time_out();

  const facts::Tls& tls() const { return tls_; }

 private:
  static TlsRecorder* of(const ssl_st* ssl);
  static void on_info(const ssl_st* ssl, int where, int value);
  static void on_message(int sent, int version, int type, const void* bytes, std::size_t size,
                         ssl_st* ssl, void* unused);
  static int on_chain(x509_store_ctx_st* chain, void* unused);

  void note_success(const ssl_st* ssl);
  void note_error();

  ssl_ctx_st* context_ = nullptr;  // of watch_all(), with a reference of our own
  facts::Tls tls_;
  bool begun_ = false;
  bool close_notified_ = false;
  int alert_ = -1;           // received
  unsigned long error_ = 0;  // OpenSSL's first of this handshake
  std::size_t most_ = 0;     // of watch_all(), as is what follows
  std::size_t received_ = 0;
  std::function<void()> on_more_;
};

}  // namespace mxseal::net
