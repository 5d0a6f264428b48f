// SPDX-License-Identifier: MIT
// TlsClient: TLS over a non-blocking socket that somebody else owns and waits for. It never blocks, raises no SIGPIPE, and reads no
// more than kMaxBytes from its peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "facts/tls.hpp"
#include "net/tls_recorder.hpp"

namespace mxseal::net {

/// The settings that all connections share.
class TlsContext {
 public:
  TlsContext();

  ssl_ctx_st* native() const { return context_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

/// Which certificate to ask for, of a server that has two.
enum class KeyType : std::uint8_t { any, ecdsa, rsa };

class TlsClient {
 public:
  /// Bytes from the peer in one connection: the largest chain that is taken, and as much again.
  static constexpr std::size_t kMaxBytes = std::size_t{256} << 10;

  enum class Progress : std::uint8_t { done, wants_read, wants_write, failed };

  /// `sni` is empty for none (RFC 6066 §3).
  TlsClient(const TlsContext& context, int socket, std::string sni, KeyType key);

  Progress handshake();
  /// Appends what there is to `bytes`; done where some came, failed also where the peer has closed.
  Progress read(std::string& bytes);
  /// Takes what was sent from the front of `bytes`; done where nothing is left.
  Progress write(std::string& bytes);
  /// Sends close_notify.
  void close();

  /// After failed.
  TlsRecorder& recorder() { return recorder_; }

 private:
  struct Wire {
    int socket = -1;
    std::size_t left = kMaxBytes;
    bool ended = false;
  };
  struct Methods;
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };

  Progress progress(int result);

  TlsRecorder recorder_;
  Wire wire_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;
};

}  // namespace mxseal::net
