// SPDX-License-Identifier: MIT
// LocalServer: a server on loopback that does what a test's script says, each connection in a thread of its own; with the keys and
// certificates for it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"

namespace mxseal::test {

inline const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;

inline void must(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

inline Key make_ec_key() {
  return Key(EVP_EC_gen("P-256"));
}

inline Key make_rsa_key() {
  return Key(EVP_RSA_gen(2048));
}

/// Self-signed, for one DNS name.
inline Cert make_certificate(EVP_PKEY* key, const std::string& host) {
  Cert certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  const std::string san = "DNS:" + host;
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, san.c_str());
  must(names != nullptr, "subjectAltName");
  X509_add_ext(certificate.get(), names, -1);
  X509_EXTENSION_free(names);
  must(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "X509_sign");
  return certificate;
}

inline void add_certificate(SSL_CTX* context, EVP_PKEY* key, const std::string& host) {
  const Cert certificate = make_certificate(key, host);
  must(SSL_CTX_use_certificate(context, certificate.get()) == 1, "certificate");
  must(SSL_CTX_use_PrivateKey(context, key) == 1, "key");
}

/// A server's context with a P-256 certificate for `host`.
inline Context make_context(const std::string& host) {
  static const Key key = make_ec_key();
  Context context(SSL_CTX_new(TLS_server_method()));
  // Level 0 also lets it speak what this system's configuration would refuse.
  must(SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0") == 1, "ciphers");
  add_certificate(context.get(), key.get(), host);
  return context;
}

/// The server's end of a connection. All calls say false, or give nothing, once the client has gone.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}
  ~Peer() { SSL_free(ssl_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ssl_ != nullptr
                             ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// A line with its end.
  std::string line() {
    std::string line;
    char byte = 0;
    while (!line.ends_with('\n') && read(&byte, 1) == 1) line += byte;
    return line;
  }

  /// A request's header, with the empty line.
  std::string request() {
    std::string all;
    for (std::string next = line(); !next.empty(); next = line()) {
      all += next;
      if (next == "\r\n") break;
    }
    return all;
  }

  bool start_tls(SSL_CTX* context) {
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, socket_);
    return SSL_accept(ssl_) == 1;
  }
  /// TLS 1.2: asks the client for another handshake, in which this certificate is shown.
  bool renegotiate(X509* certificate, EVP_PKEY* key) {
    SSL_use_certificate(ssl_, certificate);
    SSL_use_PrivateKey(ssl_, key);
    if (SSL_renegotiate(ssl_) != 1 || SSL_do_handshake(ssl_) != 1) return false;
    char byte = 0;
    SSL_read(ssl_, &byte, 0);
    return SSL_do_handshake(ssl_) == 1;
  }
  /// TLS 1.3: one more session ticket.
  bool send_ticket() { return SSL_new_session_ticket(ssl_) == 1 && SSL_do_handshake(ssl_) == 1; }
  /// TLS 1.3: new keys, and the client is asked for new ones of its own.
  bool update_keys() {
    return SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl_) == 1;
  }
  std::string sni() const {
    const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }

  /// Ends TLS as the RFC says, and the connection.
  void close_cleanly() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    shutdown(socket_, SHUT_WR);
  }

  /// Reads until the client closes.
  void wait_for_end() {
    std::array<char, 4096> block{};
    while (recv(socket_, block.data(), block.size(), 0) > 0) {
    }
  }

  /// Waits until the client has said something, and leaves it unread.
  void wait_for_bytes() {
    char byte = 0;
    static_cast<void>(recv(socket_, &byte, 1, MSG_PEEK));
  }

  /// Sends byte after byte, a moment apart, until the client closes.
  void drip(std::string_view bytes) {
    pollfd closed{socket_, POLLIN | POLLRDHUP, 0};
    for (std::size_t i = 0; poll(&closed, 1, 5) == 0; ++i) {
      if (!send(bytes.substr(i % bytes.size(), 1))) return;
    }
  }

 private:
  ssize_t read(char* bytes, int size) {
    if (ssl_ != nullptr) return SSL_read(ssl_, bytes, size);
    return recv(socket_, bytes, static_cast<std::size_t>(size), 0);
  }

  int socket_;
  SSL* ssl_ = nullptr;
};

/// A socket that listens on a free port of loopback.
inline std::pair<int, std::uint16_t> listen_on_loopback(int backlog) {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  must(bind(listening, generic, length) == 0, "bind");
  must(listen(listening, backlog) == 0, "listen");
  must(getsockname(listening, generic, &length) == 0, "getsockname");
  return {listening, ntohs(address.sin_port)};
}

class LocalServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit LocalServer(Script script) : script_(std::move(script)) {
    std::tie(listening_, port_) = listen_on_loopback(64);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~LocalServer() {
    shutdown(listening_, SHUT_RDWR);
    acceptor_.join();
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
    for (std::thread& thread : threads_) thread.join();
    for (const int socket : sockets_) close(socket);
    close(listening_);
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void accept_all() {
    block_sigpipe();
    for (;;) {
      const int socket = accept(listening_, nullptr, nullptr);
      if (socket < 0) return;
      const int on = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] {
        block_sigpipe();
        {
          Peer peer(socket);
          script_(peer);
        }
        shutdown(socket, SHUT_RDWR);
      });
    }
  }
  // In these threads alone: that the client raises none is part of what is tested.
  static void block_sigpipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }

  Script script_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A port that answers no connection: its queue is full and nobody takes from it.
class BlackHole {
 public:
  BlackHole() {
    std::tie(listening_, port_) = listen_on_loopback(0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    for (int& filler : fillers_) {
      filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      // Its result does not matter: the queue is full when these have come.
      static_cast<void>(connect(filler, reinterpret_cast<sockaddr*>(&address), sizeof address));
    }
  }
  ~BlackHole() {
    for (const int filler : fillers_) close(filler);
    close(listening_);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::array<int, 4> fillers_{};
};

/// A port where nobody listens.
inline std::uint16_t closed_port() {
  const auto [socket, port] = listen_on_loopback(1);
  close(socket);
  return port;
}

}  // namespace mxseal::test
