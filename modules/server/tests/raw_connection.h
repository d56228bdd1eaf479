#pragma once
// RawConnection: a TCP connection that sends exactly what it is told, for requests that no
// HTTP client would make.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"

namespace attune::server {

class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int failed = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    ATTUNE_CHECK(failed == 0, "the server listens");
  }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  ~RawConnection() { Close(); }

  void Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;  // the server has closed; what it said tells why
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void EndSending() const { ::shutdown(socket_, SHUT_WR); }
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // Everything until the server closes.
  std::string ReadAll() {
    std::string text = std::exchange(rest_, {});
    while (Fill(text)) {
    }
    return text;
  }
  // Up to and including `mark`; what comes after it stays for the next call. Empty when the
  // server closes before.
  std::string ReadUntil(std::string_view mark) {
    while (true) {
      const std::size_t found = rest_.find(mark);
      if (found != std::string::npos) {
        std::string text = rest_.substr(0, found + mark.size());
        rest_.erase(0, found + mark.size());
        return text;
      }
      if (!Fill(rest_)) return {};
    }
  }
  // One response with a Content-Length: its head and its body.
  std::string ReadResponse() {
    const std::string head = ReadUntil("\r\n\r\n");
    const std::size_t field = head.find("Content-Length: ");
    if (field == std::string::npos) return head;
    const std::size_t length = std::stoul(head.substr(field + 16));
    while (rest_.size() < length && Fill(rest_)) {
    }
    std::string body = rest_.substr(0, length);
    rest_.erase(0, length);
    return head + body;
  }

 private:
  bool Fill(std::string& text) const {
    char buffer[16384];
    const ssize_t count = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (count <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  std::string rest_;
};

}  // namespace attune::server
