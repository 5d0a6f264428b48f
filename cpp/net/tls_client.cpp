// SPDX-License-Identifier: MIT
#include "net/tls_client.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

namespace mxseal::net {
namespace {

constexpr std::size_t kReadAtOnce = 4096;

bool is_for_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

// OpenSSL's own socket BIO calls write(), which raises SIGPIPE where the peer has gone; a library must not change how its process
// takes signals.
struct TlsClient::Methods {
  static int read(BIO* bio, char* bytes, int size) {
    Wire& wire = *static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t most = std::min(static_cast<std::size_t>(size), wire.left);
    if (most == 0) {
      ERR_raise(ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE);
      return -1;
    }
    const ssize_t count = recv(wire.socket, bytes, most, 0);
    if (count < 0 && is_for_later(errno)) BIO_set_retry_read(bio);
    if (count == 0) wire.ended = true;
    if (count > 0) wire.left -= static_cast<std::size_t>(count);
    return static_cast<int>(count);
  }
  static int write(BIO* bio, const char* bytes, int size) {
    const Wire& wire = *static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const ssize_t count = send(wire.socket, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (count < 0 && is_for_later(errno)) BIO_set_retry_write(bio);
    return static_cast<int>(count);
  }
  static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return static_cast<Wire*>(BIO_get_data(bio))->ended ? 1 : 0;
    return 0;
  }

  static const BIO_METHOD* get() {
    static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> methods = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
      if (made == nullptr) throw std::bad_alloc();  // untested: memory
      BIO_meth_set_read(made, &read);
      BIO_meth_set_write(made, &write);
      BIO_meth_set_ctrl(made, &control);
      return std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)>(made, &BIO_meth_free);
    }();
    return methods.get();
  }
};

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
  if (context_ == nullptr) throw std::bad_alloc();  // untested: memory
  TlsRecorder::prepare(context_.get());
  SSL_CTX_set_read_ahead(context_.get(), 1);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
}

void TlsClient::FreeSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

TlsClient::TlsClient(const TlsContext& context, int socket, std::string sni, KeyType key)
    : ssl_(SSL_new(context.native())) {
  wire_.socket = socket;
  BIO* bio = BIO_new(Methods::get());
  if (ssl_ == nullptr || bio == nullptr) throw std::bad_alloc();  // untested: memory
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_connect_state(ssl_.get());
  recorder_.watch(ssl_.get());
  if (!sni.empty()) {
    // What the macro SSL_set_tlsext_host_name() does, without its C cast.
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sni.data());
  }
  // TLS 1.3 chooses the certificate by the signature algorithms alone, TLS 1.2 by the cipher too.
  if (key == KeyType::ecdsa) {
    SSL_set1_sigalgs_list(ssl_.get(), "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519");
    SSL_set_cipher_list(ssl_.get(), "aECDSA");
  } else if (key == KeyType::rsa) {
    SSL_set1_sigalgs_list(ssl_.get(),
                          "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
                          "RSA+SHA256:RSA+SHA384:RSA+SHA512");
    SSL_set_cipher_list(ssl_.get(), "aRSA");
  }
}

TlsClient::Progress TlsClient::progress(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Progress::done;
    case SSL_ERROR_WANT_READ:
      return Progress::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Progress::wants_write;
    default:
      return Progress::failed;
  }
}

TlsClient::Progress TlsClient::handshake() {
  ERR_clear_error();
  const Progress now = progress(SSL_do_handshake(ssl_.get()));
  if (now == Progress::failed) recorder_.fail();
  ERR_clear_error();
  return now;
}

TlsClient::Progress TlsClient::read(std::string& bytes) {
  std::array<char, kReadAtOnce> block{};
  ERR_clear_error();
  const int count = SSL_read(ssl_.get(), block.data(), static_cast<int>(block.size()));
  const Progress now = progress(count);
  if (now == Progress::done) bytes.append(block.data(), static_cast<std::size_t>(count));
  ERR_clear_error();
  return now;
}

TlsClient::Progress TlsClient::write(std::string& bytes) {
  Progress now = Progress::done;
  while (!bytes.empty() && now == Progress::done) {
    ERR_clear_error();
    const int count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    now = progress(count);
    if (now == Progress::done) bytes.erase(0, static_cast<std::size_t>(count));
  }
  ERR_clear_error();
  return now;
}

void TlsClient::close() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace mxseal::net
