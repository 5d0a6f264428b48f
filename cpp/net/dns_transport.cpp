// SPDX-License-Identifier: MIT
#include "net/dns_transport.hpp"

// c-ares calls the functions that carry whole messages deprecated from 1.28 on; those that replace them are not in 1.18.
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "formats/dns_message.hpp"
#include "net/datagram_queue.hpp"

namespace mxseal::net {
namespace {

constexpr std::size_t kQuestionsAPort = 64;
constexpr std::size_t kMaxChannels = 16;  // about 100 KiB each with c-ares 1.18
constexpr std::chrono::seconds kSweep{1};
constexpr std::size_t kKeptMessages = std::size_t{16} << 10;  // bytes of memory between answers
constexpr std::size_t kHeader = 12;                           // bytes
// Questions that are sent together.
constexpr std::size_t kSentAtOnce = 32;
static_assert(kQuestionsAPort <= DatagramQueue::kMost);  // a refusal finds its question
constexpr std::chrono::milliseconds kRoomAgain{1};       // when a full socket may have room

void initialize_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) throw std::bad_alloc();  // untested: memory
}

bool is_datagram(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

// The question of a message that asks for one name, as it stands in it; empty where it has none.
std::string_view question_of(std::string_view message) {
  std::size_t at = kHeader;
  while (at < message.size() && message[at] != 0)
    at += 1U + static_cast<unsigned char>(message[at]);
  const std::size_t end = at + 1 + 4;  // type and class
  return end <= message.size() ? message.substr(kHeader, end - kHeader) : std::string_view();
}

// What the kernel threw away because the socket's buffer was full.
std::uint64_t dropped_by(int socket) {
  if (!is_datagram(socket)) return 0;
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return 0;
  return memory[SK_MEMINFO_DROPS];
}

}  // namespace

// A channel of c-ares has one UDP socket. It closes it when no question is open, and then begins with another port.
class DnsTransport::Channel {
 public:
  Channel(Reactor& reactor, const Server& server, std::chrono::milliseconds timeout,
          std::uint64_t& dropped)
      : reactor_(reactor), dropped_(dropped) {
    initialize_library();
    std::string no_file = "/dev/null";  // nothing of the system's configuration is wanted
    ares_options settings{};
    // EDNS: answers may be longer than 512 bytes. NOCHECKRESP: SERVFAIL and REFUSED are answers.
    settings.flags =
        ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS | ARES_FLAG_NOCHECKRESP;
    settings.timeout = static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 1, 3'600'000));
    settings.tries = 1;
    settings.ednspsz = dns::kUdpSize;
    settings.resolvconf_path = no_file.data();
    settings.sock_state_cb = &Channel::on_socket;
    settings.sock_state_cb_data = this;
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
               ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
    mask |= ARES_OPT_QUERY_CACHE;
    settings.qcache_max_ttl = 0;  // an answer is what the server says now
#endif
    if (ares_init_options(&channel_, &settings, mask) != ARES_SUCCESS)
      throw std::bad_alloc();  // untested: memory
    static const ares_socket_functions functions = {&Channel::open_socket, &Channel::close_socket,
                                                    &Channel::connect_socket, &Channel::receive,
                                                    &Channel::send_pieces};
    ares_set_socket_functions(channel_, &functions, this);
    const std::string address = server.address.text();
    const std::string text = (server.address.is_v4() ? address : '[' + address + ']') + ':' +
                             std::to_string(server.port);
    if (ares_set_servers_ports_csv(channel_, text.c_str()) != ARES_SUCCESS) {
      ares_destroy(channel_);  // untested: memory
      throw std::bad_alloc();  // untested: memory
    }
  }
  ~Channel() {
    closing_ = true;
    *alive_ = false;
    if (flush_) reactor_.cancel(*flush_);
    ares_destroy(channel_);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  std::size_t open() const {
    return open_;
  }
  bool full() const {
    return open_ > 0 && sent_ >= kQuestionsAPort;
  }

  void send(std::string_view question, OnOutcome on_outcome) {
    sent_ = open_ == 0 ? 1 : sent_ + 1;
    ++open_;
    auto sent = std::make_unique<Sent>(Sent{this, std::move(on_outcome)});
    ares_send(channel_, reinterpret_cast<const unsigned char*>(question.data()),
              static_cast<int>(question.size()), &Channel::on_outcome, sent.release());
  }

  void let_go_of_the_silent() {
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }

 private:
  struct Sent {
    Channel* channel;
    OnOutcome on_outcome;
  };
  struct Ended {
    OnOutcome on_outcome;
    Outcome outcome;
    std::size_t size;  // of the message; they lie one behind the other in messages_
  };

  static void on_outcome(void* data, int status, int /*timeouts*/, unsigned char* message,
                         int size) {
    const std::unique_ptr<Sent> sent(static_cast<Sent*>(data));
    Channel& self = *sent->channel;
    if (self.closing_) return;
    --self.open_;
    // Newer c-ares gives up the socket over anything that is no DNS message, whoever sent it: as if nothing had come.
    const bool silence = status == ARES_ETIMEOUT || status == ARES_EBADRESP;
    const Outcome outcome = status == ARES_SUCCESS ? Outcome::message
                            : silence              ? Outcome::silence
                                                   : Outcome::failure;
    const std::size_t bytes = outcome == Outcome::message ? static_cast<std::size_t>(size) : 0;
    self.messages_.append(reinterpret_cast<const char*>(message), bytes);
    // Not from here: c-ares must not be destroyed in its own callback, nor anybody be called from within send().
    self.ended_.push_back({std::move(sent->on_outcome), outcome, bytes});
    if (!self.processing_ && self.ended_.size() == 1)
      self.reactor_.at(Reactor::now(), [&self, alive = self.alive_] {
        if (*alive) self.hand_over();
      });
  }

  // Whoever is called may destroy this, and so may the end of a callback.
  void hand_over() {
    const std::shared_ptr<const bool> alive = alive_;
    std::vector<Ended> ended = std::exchange(ended_, {});
    std::string messages = std::exchange(messages_, {});
    std::string_view rest = messages;
    for (Ended& each : ended) {
      each.on_outcome(each.outcome, rest.substr(0, each.size));
      if (!*alive) return;
      rest.remove_prefix(each.size);
    }
    ended.clear();
    // Their memory serves the next ones.
    if (!*alive || !ended_.empty() || messages.capacity() > kKeptMessages) return;
    messages.clear();
    ended_.swap(ended);
    messages_.swap(messages);
  }

  void process(ares_socket_t readable, ares_socket_t writable) {
    processing_ = true;
    ares_process_fd(channel_, readable, writable);
    processing_ = false;
    if (!ended_.empty()) hand_over();
  }

  static void on_socket(void* data, ares_socket_t socket, int readable, int writable) {
    auto* self = static_cast<Channel*>(data);
    if (readable == 0 && writable == 0) {
      self->dropped_ += dropped_by(socket);  // it will be closed
      self->reactor_.forget(socket);
      return;
    }
    const std::uint32_t events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
    self->reactor_.watch(socket, events, [self, socket](std::uint32_t happened) {
      const bool failed = (happened & (EPOLLERR | EPOLLHUP)) != 0;
      self->process(failed || (happened & EPOLLIN) != 0 ? socket : ARES_SOCKET_BAD,
                    failed || (happened & EPOLLOUT) != 0 ? socket : ARES_SOCKET_BAD);
    });
  }

  // Sockets as c-ares would have them, but for two things. Questions over UDP wait in `datagrams_` and go out together. And some
  // servers, unbound among them, refuse with a header alone, which c-ares drops since it has no question, as if nothing had come:
  // `receive` puts the question behind it.
  static ares_socket_t open_socket(int family, int type, int protocol, void* channel) {
    const int socket = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    const int on = 1;
    if (socket >= 0 && type == SOCK_STREAM)
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (type == SOCK_DGRAM) static_cast<Channel*>(channel)->datagrams_.open(socket);
    return socket;
  }
  static int close_socket(ares_socket_t socket, void* channel) {
    auto& self = *static_cast<Channel*>(channel);
    if (socket == self.datagrams_.socket()) self.datagrams_.open(-1);
    return ::close(socket);
  }
  static int connect_socket(ares_socket_t socket, const sockaddr* address, ares_socklen_t size,
                            void* /*channel*/) {
    return ::connect(socket, address, size);
  }
  static ares_ssize_t send_pieces(ares_socket_t socket, const iovec* pieces, int count,
                                  void* channel) {
    auto& self = *static_cast<Channel*>(channel);
    if (socket == self.datagrams_.socket() && count == 1)
      return self.send_later({static_cast<const char*>(pieces->iov_base), pieces->iov_len});
    std::vector<iovec> all(pieces, pieces + count);
    msghdr message{};
    message.msg_iov = all.data();
    message.msg_iovlen = all.size();
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
  }
  static ares_ssize_t receive(ares_socket_t socket, void* buffer, std::size_t size, int flags,
                              sockaddr* from, ares_socklen_t* from_size, void* channel) {
    auto& self = *static_cast<Channel*>(channel);
    const bool udp = socket == self.datagrams_.socket();
    if (udp && self.datagrams_.error() != 0) {
      errno = self.datagrams_.take_error();
      return -1;
    }
    for (;;) {
      const ssize_t got = ::recvfrom(socket, buffer, size, flags, from, from_size);
      if (got != static_cast<ssize_t>(kHeader) || !udp) return got;
      const std::size_t whole = self.completed(static_cast<char*>(buffer), size);
      // Any other says nothing, and newer c-ares would give up the socket over it.
      if (whole > kHeader) return static_cast<ares_ssize_t>(whole);
    }
  }

  ares_ssize_t send_later(std::string_view question) {
    if (datagrams_.waiting() >= kSentAtOnce) datagrams_.send();
    if (!datagrams_.add(question)) {
      errno = EAGAIN;
      return -1;
    }
    flush_at(Reactor::now());
    return static_cast<ares_ssize_t>(question.size());
  }

  void flush_at(Time when) {
    if (flush_) return;
    flush_ = reactor_.at(when, [this] {
      flush_.reset();
      datagrams_.send();
      if (datagrams_.error() != 0) return process(datagrams_.socket(), ARES_SOCKET_BAD);
      if (datagrams_.waiting() > 0) flush_at(Reactor::now() + kRoomAgain);
    });
  }

  // The size of a header alone, with its question put behind it where it is a refusal of one that was sent.
  std::size_t completed(char* buffer, std::size_t size) const {
    const std::string_view header(buffer, kHeader);
    const bool counts_nothing =
        std::ranges::all_of(header.substr(4), [](char c) { return c == 0; });
    const auto refused = static_cast<char>(dns::Rcode::refused);
    if (!counts_nothing || (header[2] & '\x80') == 0 || (header[3] & '\x0f') != refused)
      return kHeader;
    for (const std::string& each : datagrams_.last()) {
      const std::string_view question = question_of(each);
      if (question.empty() || !each.starts_with(header.substr(0, 2))) continue;
      if (question.size() > size - kHeader) break;
      std::memcpy(buffer + kHeader, question.data(), question.size());
      buffer[5] = 1;  // QDCOUNT
      return kHeader + question.size();
    }
    return kHeader;
  }

  Reactor& reactor_;
  std::uint64_t& dropped_;
  ares_channel channel_ = nullptr;
  std::size_t sent_ = 0;  // from this port
  std::size_t open_ = 0;
  std::vector<Ended> ended_;  // not handed over yet
  std::string messages_;      // of these
  DatagramQueue datagrams_;   // of the UDP socket
  std::optional<Reactor::TimerId> flush_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool processing_ = false;
  bool closing_ = false;
};

DnsTransport::DnsTransport(Reactor& reactor, const Server& server,
                           std::chrono::milliseconds timeout)
    : reactor_(reactor), server_(server), timeout_(timeout) {}

DnsTransport::~DnsTransport() {
  if (sweep_) reactor_.cancel(*sweep_);
}

void DnsTransport::send(std::string_view question, bool another_socket, OnOutcome on_outcome) {
  if (current_ == nullptr || current_->full() || another_socket) current_ = &next_channel();
  current_->send(question, std::move(on_outcome));
  sweep_later();
}

DnsTransport::Channel& DnsTransport::next_channel() {
  const auto least =
      std::ranges::min_element(channels_, {}, [](const auto& each) { return each->open(); });
  if (least != channels_.end() && ((*least)->open() == 0 || channels_.size() == kMaxChannels))
    return **least;
  return *channels_.emplace_back(std::make_unique<Channel>(reactor_, server_, timeout_, dropped_));
}

// Asking c-ares for its next timer costs a walk over all questions each time; whoever asks keeps the time anyway.
void DnsTransport::sweep_later() {
  if (sweep_) return;
  sweep_ = reactor_.at(Reactor::now() + kSweep, [this] {
    sweep_.reset();
    sweep();
  });
}

// Lets c-ares forget what was never answered.
void DnsTransport::sweep() {
  for (const auto& each : channels_) each->let_go_of_the_silent();
  if (std::ranges::any_of(channels_, [](const auto& each) { return each->open() > 0; }))
    sweep_later();
}

}  // namespace mxseal::net
