// SPDX-License-Identifier: MIT
#include "net/policy_fetch.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "net/socket_address.hpp"
#include "net/tls_recorder.hpp"

namespace mxseal::net {

using facts::FetchStatus;

namespace {

// Of an answer that is no policy so much is kept: enough to know a challenge by.
constexpr std::size_t kMaxErrorBody = std::size_t{16} << 10;

bool contains_ignoring_case(std::string_view text, std::string_view lower) {
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                     [](char a, char b) { return ascii::lower(a) == b; }) != text.end();
}

// Of several addresses that none answered, the status that leaves most open counts.
int weight(FetchStatus status) {
  switch (status) {
    case FetchStatus::not_tried:
      return 0;
    case FetchStatus::private_address:
      return 1;
    case FetchStatus::connect_refused:
      return 2;
    case FetchStatus::connect_timeout:
      return 3;
    default:
      return 4;
  }
}

bool has_connected(FetchStatus status) {
  return weight(status) > 3;
}

struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::unique_ptr<curl_slist, FreeList> list_of(const char* text) {
  std::unique_ptr<curl_slist, FreeList> list(curl_slist_append(nullptr, text));
  if (list == nullptr) throw std::bad_alloc();  // untested: memory
  return list;
}

}  // namespace

bool is_browser_challenge(int http_status, bool has_mitigated_field, std::string_view body) {
  if (http_status != 403 && http_status != 429 && http_status != 503) return false;
  constexpr std::array<std::string_view, 5> kMarks = {
      "just a moment", "captcha", "challenge-platform", "enable javascript and cookies",
      "checking your browser"};
  return has_mitigated_field || std::ranges::any_of(kMarks, [body](std::string_view mark) {
           return contains_ignoring_case(body, mark);
         });
}

// ------------------------------------------------------------------------------------- one fetch
class PolicyFetcher::Transfer {
 public:
  Transfer(Multi& multi, std::string host, std::vector<IpAddress> addresses, OnDone on_done);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Connects to the next address, or ends.
  void try_next();
  // libcurl has ended the attempt.
  void take_end(CURLcode code);
  std::pair<facts::PolicyFetch, OnDone> take_result();

 private:
  void begin();
  void end_attempt(FetchStatus status, std::string detail);
  void drop();
  void on_connect_time();
  void on_total_time();
  FetchStatus status_at_deadline();
  FetchStatus status_of_end(CURLcode code);
  FetchStatus status_of_answer(CURLcode code) const;
  FetchStatus status_of_whole_answer() const;
  bool is_answer_whole() const;
  bool is_tcp_connected() const;

  void take_field(std::string_view line);
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  curl_socket_t open_socket(const curl_sockaddr& to);

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* to);
  static int on_close(void* self, curl_socket_t socket);
  static CURLcode on_context(CURL* easy, void* context, void* self);

  Multi& multi_;
  OnDone on_done_;
  std::vector<IpAddress> addresses_;
  std::size_t next_ = 0;
  Time begun_ = Reactor::now();
  Reactor::TimerId connect_timer_;
  Reactor::TimerId total_timer_;
  facts::PolicyFetch facts_;

  // Of the attempt under way.
  std::unique_ptr<curl_slist, FreeList> connect_to_;
  std::unique_ptr<CURL, FreeEasy> easy_;  // uses all of the above and of what follows it
  std::optional<TlsRecorder> recorder_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  int socket_ = -1;
  bool lacked_ = false;  // of our own: there was no socket to be had
  std::size_t header_bytes_ = 0;
  bool header_ended_ = false;
  bool body_over_ = false;
  bool wire_over_ = false;
  bool mitigated_ = false;
  // What the header says about where the body ends.
  bool has_length_ = false;
  bool has_transfer_coding_ = false;
  bool is_chunked_ = false;
};

// --------------------------------------------------------------------------------- all the fetches
class PolicyFetcher::Multi {
 public:
  Multi(Reactor& reactor, PolicyFetchOptions options);
  ~Multi();
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  void add(std::string host, std::vector<IpAddress> addresses, OnDone on_done);
  // Destroys the transfer and calls back; the fetcher may be gone afterwards.
  void finish(Transfer& transfer);

  Reactor& reactor() { return reactor_; }
  const PolicyFetchOptions& options() const { return options_; }
  CURLM* native() const { return multi_.get(); }
  curl_slist* fields() const { return fields_.get(); }

 private:
  void act(curl_socket_t socket, int events);
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* unused);
  static int on_timer(CURLM* multi, long milliseconds, void* self);

  Reactor& reactor_;
  PolicyFetchOptions options_;
  std::unique_ptr<curl_slist, FreeList> fields_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  Reactor::TimerId timer_;
  std::unordered_map<const Transfer*, std::unique_ptr<Transfer>> transfers_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

PolicyFetcher::Multi::Multi(Reactor& reactor, PolicyFetchOptions options)
    : reactor_(reactor), options_(std::move(options)) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  // RFC 9110 §12.5.3: without this field any encoding would do.
  fields_ = list_of("Accept-Encoding: identity");
  multi_.reset(curl_multi_init());
  if (global != CURLE_OK || multi_ == nullptr) throw std::bad_alloc();  // untested: memory
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
}

PolicyFetcher::Multi::~Multi() {
  *alive_ = false;
  transfers_.clear();
  multi_.reset();
  reactor_.cancel(timer_);
}

void PolicyFetcher::Multi::add(std::string host, std::vector<IpAddress> addresses, OnDone on_done) {
  auto transfer =
      std::make_unique<Transfer>(*this, std::move(host), std::move(addresses), std::move(on_done));
  Transfer& added = *transfer;
  transfers_.emplace(&added, std::move(transfer));
}

void PolicyFetcher::Multi::finish(Transfer& transfer) {
  const auto found = transfers_.find(&transfer);
  auto [facts, on_done] = transfer.take_result();
  transfers_.erase(found);
  on_done(std::move(facts));
}

int PolicyFetcher::Multi::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                                    void* /*unused*/) {
  Multi& multi = *static_cast<Multi*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.reactor_.forget(socket);
    return 0;
  }
  const std::uint32_t events =
      ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  try {
    multi.reactor_.watch(socket, events, [&multi, socket](std::uint32_t seen) {
      int told = 0;
      if ((seen & (EPOLLIN | EPOLLHUP)) != 0) told |= CURL_CSELECT_IN;
      if ((seen & EPOLLOUT) != 0) told |= CURL_CSELECT_OUT;
      if ((seen & EPOLLERR) != 0) told |= CURL_CSELECT_ERR;
      multi.act(socket, told);
    });
  } catch (...) {  // untested: system
    return -1;     // no exception passes through C
  }
  return 0;
}

int PolicyFetcher::Multi::on_timer(CURLM* /*native*/, long milliseconds, void* self) {
  Multi& multi = *static_cast<Multi*>(self);
  multi.reactor_.cancel(multi.timer_);
  if (milliseconds < 0) return 0;
  multi.timer_ = multi.reactor_.at(Reactor::now() + std::chrono::milliseconds(milliseconds),
                                   [&multi] { multi.act(CURL_SOCKET_TIMEOUT, 0); });
  return 0;
}

void PolicyFetcher::Multi::act(curl_socket_t socket, int events) {
  const std::shared_ptr<bool> alive = alive_;
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, events, &running);
  int left = 0;
  // A callback may destroy the fetcher, and this object with it.
  while (*alive) {
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr) return;
    if (message->msg != CURLMSG_DONE) continue;
    void* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    static_cast<Transfer*>(transfer)->take_end(message->data.result);
  }
}

// ------------------------------------------------------------------------------------- an attempt
PolicyFetcher::Transfer::Transfer(Multi& multi, std::string host, std::vector<IpAddress> addresses,
                                  OnDone on_done)
    : multi_(multi), on_done_(std::move(on_done)), addresses_(std::move(addresses)) {
  facts_.host = std::move(host);
  // Both begin in the reactor: with no address, or none that is allowed, the end would be reported from within fetch().
  connect_timer_ = multi_.reactor().at(begun_, [this] { try_next(); });
  total_timer_ =
      multi_.reactor().at(begun_ + multi_.options().total_timeout, [this] { on_total_time(); });
}

PolicyFetcher::Transfer::~Transfer() {
  multi_.reactor().cancel(connect_timer_);
  multi_.reactor().cancel(total_timer_);
  drop();
}

void PolicyFetcher::Transfer::try_next() {
  if (next_ == addresses_.size()) return multi_.finish(*this);
  facts_.attempts.push_back({addresses_[next_++], FetchStatus::not_tried, {}});
  if (!multi_.options().allowed(facts_.attempts.back().address))
    return end_attempt(FetchStatus::private_address, "");
  begin();
}

void PolicyFetcher::Transfer::begin() {
  const IpAddress& address = facts_.attempts.back().address;
  const std::string port = std::to_string(multi_.options().port);
  const std::string to = address.is_v4() ? address.text() : "[" + address.text() + "]";
  const std::string url = "https://" + facts_.host + ":" + port + "/.well-known/mta-sts.txt";
  connect_to_ = list_of(("::" + to + ":" + port).c_str());
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr) throw std::bad_alloc();  // untested: memory
  recorder_.emplace();
  error_text_[0] = '\0';

  CURL* easy = easy_.get();
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_CONNECT_TO, connect_to_.get());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_PROXY, "");  // also none of the environment's
  set(CURLOPT_HTTPGET, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);  // RFC 8461 §3.3
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set(CURLOPT_HTTPHEADER, multi_.fields());
  set(CURLOPT_USERAGENT, multi_.options().user_agent.c_str());
  set(CURLOPT_BUFFERSIZE, 16384L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  // judge verifies. A default CAINFO or CAPATH would be read for every connection.
  set(CURLOPT_SSL_VERIFYPEER, 0L);
  set(CURLOPT_SSL_VERIFYHOST, 0L);
  set(CURLOPT_CAINFO, static_cast<char*>(nullptr));
  set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_context);
  set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_CLOSESOCKETFUNCTION, &Transfer::on_close);
  set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(&multi_.reactor()));
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));

  connect_timer_ = multi_.reactor().at(Reactor::now() + multi_.options().connect_timeout,
                                       [this] { on_connect_time(); });
  curl_multi_add_handle(multi_.native(), easy);
}

CURLcode PolicyFetcher::Transfer::on_context(CURL* /*easy*/, void* context, void* self) {
  auto* ssl_context = static_cast<ssl_ctx_st*>(context);
  TlsRecorder::prepare(ssl_context);
  auto* transfer = static_cast<Transfer*>(self);
  transfer->recorder_->watch_all(ssl_context, kMaxWireBytes, [transfer] {
    transfer->wire_over_ = true;
    // libcurl is somewhere within OpenSSL, which would read on; what comes now is refused by the system.
    shutdown(transfer->socket_, SHUT_RDWR);
  });
  return CURLE_OK;
}

curl_socket_t PolicyFetcher::Transfer::on_open(void* self, curlsocktype purpose,
                                               curl_sockaddr* to) {
  if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
  return static_cast<Transfer*>(self)->open_socket(*to);
}

curl_socket_t PolicyFetcher::Transfer::open_socket(const curl_sockaddr& to) {
  // The guard once more, at the last moment: whatever libcurl does, it connects to the address that was given and allowed.
  const auto address = ip_address_of(&to.addr, to.addrlen);
  if (address != facts_.attempts.back().address || !multi_.options().allowed(*address))
    return CURL_SOCKET_BAD;
  socket_ = socket(to.family, to.socktype | SOCK_CLOEXEC, to.protocol);
  lacked_ = socket_ < 0 && is_own_lack(errno);
  return socket_ < 0 ? CURL_SOCKET_BAD : socket_;
}

int PolicyFetcher::Transfer::on_close(void* self, curl_socket_t socket) {
  static_cast<Reactor*>(self)->forget(socket);
  return close(socket);
}

std::size_t PolicyFetcher::Transfer::on_header(char* bytes, std::size_t size, std::size_t count,
                                               void* self) {
  return static_cast<Transfer*>(self)->take_header({bytes, size * count});
}

std::size_t PolicyFetcher::Transfer::on_body(char* bytes, std::size_t size, std::size_t count,
                                             void* self) {
  return static_cast<Transfer*>(self)->take_body({bytes, size * count});
}

// Another number than was given makes libcurl end the transfer.
std::size_t PolicyFetcher::Transfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxResponseHeader) return 0;
  Cursor cursor(line);
  const std::string_view text = cursor.take_line();
  const bool is_final = facts_.http_status > 0;
  if (header_ended_ && is_final) return line.size();  // a trailer of chunks
  if (header_ended_) {  // of an interim answer, whose fields are its own
    header_ended_ = has_length_ = has_transfer_coding_ = is_chunked_ = false;
    mitigated_ = facts_.has_content_type = false;
    facts_.content_type.clear();
    facts_.content_encoding.clear();
    facts_.location.clear();
  }
  if (!text.empty()) {
    take_field(text);
    return line.size();
  }
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  header_ended_ = true;
  if (status >= 200) facts_.http_status = static_cast<int>(status);
  return line.size();
}

void PolicyFetcher::Transfer::take_field(std::string_view line) {
  const auto value_of = [line](std::string_view name) -> std::optional<std::string> {
    Cursor cursor(line);
    if (!cursor.take_ignoring_case(name) || !cursor.take(':')) return std::nullopt;
    cursor.take_while(ascii::is_blank);
    std::string value(cursor.rest());
    while (!value.empty() && ascii::is_blank(value.back())) value.pop_back();
    return value;
  };
  // Of a repeated field the first counts.
  if (const auto value = value_of("content-type"); value && !facts_.has_content_type) {
    facts_.content_type = *value;
    facts_.has_content_type = true;
  }
  if (const auto value = value_of("content-encoding"); value && facts_.content_encoding.empty())
    facts_.content_encoding = *value;
  if (const auto value = value_of("location"); value && facts_.location.empty())
    facts_.location = *value;
  if (value_of("cf-mitigated")) mitigated_ = true;
  if (const auto value = value_of("transfer-encoding")) {
    std::string_view last = std::string_view(*value).substr(value->rfind(',') + 1);
    while (!last.empty() && ascii::is_blank(last.front())) last.remove_prefix(1);
    has_transfer_coding_ = true;
    is_chunked_ = ascii::equal_ignoring_case(last, "chunked");
  }
  if (const auto value = value_of("content-length")) {
    std::int64_t length = 0;  // as libcurl counts it
    const char* const end = value->data() + value->size();
    const bool is_number = std::from_chars(value->data(), end, length).ec == std::errc();
    has_length_ = has_length_ || (is_number && length >= 0);
  }
}

std::size_t PolicyFetcher::Transfer::take_body(std::string_view bytes) {
  const std::size_t most = facts_.http_status == 200 ? kMaxPolicyBytes : kMaxErrorBody;
  const std::size_t room = most - facts_.body.size();
  facts_.body.append(bytes.substr(0, room));
  body_over_ = bytes.size() > room;
  return body_over_ ? 0 : bytes.size();
}

bool PolicyFetcher::Transfer::is_tcp_connected() const {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  return socket_ >= 0 && getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
}

void PolicyFetcher::Transfer::on_connect_time() {
  if (!is_tcp_connected()) end_attempt(FetchStatus::connect_timeout, "");
}

void PolicyFetcher::Transfer::on_total_time() {
  next_ = addresses_.size();
  if (easy_ == nullptr) return multi_.finish(*this);
  end_attempt(status_at_deadline(), "");
}

FetchStatus PolicyFetcher::Transfer::status_at_deadline() {
  if (!is_tcp_connected()) return FetchStatus::connect_timeout;
  if (!recorder_->is_done()) {
    recorder_->time_out();
    return FetchStatus::tls;
  }
  // What was no 200 stays so, however long its body goes on.
  if (header_ended_ && facts_.http_status > 0 && facts_.http_status != 200)
    return FetchStatus::response;
  return multi_.options().is_patience_of_senders ? FetchStatus::too_slow : FetchStatus::cut_short;
}

void PolicyFetcher::Transfer::take_end(CURLcode code) {
  const FetchStatus status = status_of_end(code);
  std::string detail = error_text_.data();
  if (detail.empty() && code != CURLE_OK) detail = curl_easy_strerror(code);
  end_attempt(status, status == FetchStatus::response ? "" : std::move(detail));
}

FetchStatus PolicyFetcher::Transfer::status_of_end(CURLcode code) {
  if (recorder_->is_done()) return status_of_answer(code);
  if (recorder_->is_begun()) {
    recorder_->fail();
    return FetchStatus::tls;
  }
  if (lacked_) return FetchStatus::cut_short;
  return code == CURLE_OPERATION_TIMEDOUT ? FetchStatus::connect_timeout
                                          : FetchStatus::connect_refused;
}

FetchStatus PolicyFetcher::Transfer::status_of_answer(CURLcode code) const {
  if (header_bytes_ > kMaxResponseHeader) return FetchStatus::headers_too_large;
  if (header_ended_ && facts_.http_status > 0) {
    if (facts_.http_status != 200) return FetchStatus::response;
    if (body_over_ || wire_over_) return FetchStatus::body_too_large;
  }
  if (wire_over_) return FetchStatus::headers_too_large;
  // What libcurl says to one line of header over 100 KiB: the first up to 8.5, then the second.
  constexpr int kTooLarge = 100;
  if (code == CURLE_OUT_OF_MEMORY || static_cast<int>(code) == kTooLarge)
    return FetchStatus::headers_too_large;
  switch (code) {
    case CURLE_OK:
      return is_answer_whole() ? status_of_whole_answer() : FetchStatus::truncated;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
      return FetchStatus::truncated;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      // libcurl has one code for a broken connection and for chunks that cannot be read.
      return std::string_view(error_text_.data()).find("chunk") == std::string_view::npos
                 ? FetchStatus::truncated
                 : FetchStatus::invalid;
    default:
      return FetchStatus::invalid;
  }
}

// What libcurl does not look at: it is content with a header that has no end, and with any end of the connection.
bool PolicyFetcher::Transfer::is_answer_whole() const {
  if (!header_ended_ || facts_.http_status == 0) return false;
  // RFC 9112 §6.3: chunks end, and a length counts where nothing is said of a transfer coding; libcurl ignores it elsewhere, too.
  if (is_chunked_ || (has_length_ && !has_transfer_coding_)) return true;
  // §9.8: a body that only the end of the connection ends is whole after close_notify alone.
  return recorder_->is_close_notified();
}

FetchStatus PolicyFetcher::Transfer::status_of_whole_answer() const {
  const std::string& encoding = facts_.content_encoding;
  Cursor cursor(encoding);
  const bool is_identity =
      encoding.empty() || (cursor.take_ignoring_case("identity") && cursor.at_end());
  return is_identity ? FetchStatus::response : FetchStatus::content_encoding;
}

void PolicyFetcher::Transfer::drop() {
  if (easy_ != nullptr) curl_multi_remove_handle(multi_.native(), easy_.get());
  easy_.reset();
  socket_ = -1;
}

void PolicyFetcher::Transfer::end_attempt(FetchStatus status, std::string detail) {
  multi_.reactor().cancel(connect_timer_);
  facts::FetchAttempt& attempt = facts_.attempts.back();
  attempt.status = status;
  attempt.detail = std::move(detail);
  if (weight(status) > weight(facts_.status)) {
    facts_.status = status;
    facts_.address = attempt.address;
  }
  if (easy_ != nullptr) {
    facts_.tls = recorder_->tls();
    if (attempt.detail.empty() && status == FetchStatus::tls) attempt.detail = facts_.tls.detail;
    drop();
  }
  if (has_connected(status)) return multi_.finish(*this);
  try_next();
}

std::pair<facts::PolicyFetch, PolicyFetcher::OnDone> PolicyFetcher::Transfer::take_result() {
  facts_.challenge = is_browser_challenge(facts_.http_status, mitigated_, facts_.body);
  facts_.seconds = std::chrono::duration<double>(Reactor::now() - begun_).count();
  return {std::move(facts_), std::move(on_done_)};
}

// ------------------------------------------------------------------------------------------ public
PolicyFetcher::PolicyFetcher(Reactor& reactor, PolicyFetchOptions options)
    : multi_(std::make_unique<Multi>(reactor, std::move(options))) {}

PolicyFetcher::~PolicyFetcher() = default;

void PolicyFetcher::fetch(std::string host, std::vector<IpAddress> addresses, OnDone on_done) {
  multi_->add(std::move(host), std::move(addresses), std::move(on_done));
}

}  // namespace mxseal::net
