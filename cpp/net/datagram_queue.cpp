// SPDX-License-Identifier: MIT
#include "net/datagram_queue.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <utility>

namespace mxseal::net {

void DatagramQueue::open(int socket) {
  socket_ = socket;
  waiting_ = 0;
  error_ = 0;
}

bool DatagramQueue::add(std::string_view datagram) {
  if (waiting_ == kMost) return false;
  last_[next_].assign(datagram);
  next_ = (next_ + 1) % kMost;
  ++waiting_;
  return true;
}

void DatagramQueue::send() {
  while (waiting_ > 0) {
    std::array<iovec, kMost> pieces{};
    std::array<mmsghdr, kMost> messages{};
    for (std::size_t i = 0; i < waiting_; ++i) {
      std::string& each = last_[(next_ + kMost - waiting_ + i) % kMost];
      pieces[i] = {each.data(), each.size()};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent =
        sendmmsg(socket_, messages.data(), static_cast<unsigned>(waiting_), MSG_NOSIGNAL);
    if (sent >= 0) {
      waiting_ -= static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      return;
    } else if (errno != EINTR) {
      error_ = errno;
      waiting_ = 0;
    }
  }
}

int DatagramQueue::take_error() {
  return std::exchange(error_, 0);
}

}  // namespace mxseal::net
