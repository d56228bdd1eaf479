#include "served_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace attune::bench {
namespace {

constexpr std::string_view kListening = "attune is listening on http://";

std::uint64_t StatusKilobytes(pid_t pid, const std::string& key) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size(), nullptr, 10);
  }
  return 0;
}

}  // namespace

Result<std::unique_ptr<ServedProcess>> ServedProcess::Start(const std::vector<std::string>& command) {
  std::array<int, 2> pipe_ends{};
  if (::pipe(pipe_ends.data()) != 0) return Error(ErrorCode::kUnavailable, "no pipe for the child's output");
  const pid_t pid = ::fork();
  if (pid < 0) return Error(ErrorCode::kUnavailable, "no child process");
  if (pid == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::close(pipe_ends[0]);
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  std::unique_ptr<ServedProcess> process(new ServedProcess(pid, pipe_ends[0]));
  for (;;) {
    ATTUNE_ASSIGN_OR_RETURN(const std::string line, process->ReadLine());
    if (!line.starts_with(kListening)) continue;
    process->port_ = static_cast<std::uint16_t>(std::strtoul(line.c_str() + line.rfind(':') + 1, nullptr, 10));
    return process;
  }
}

Result<std::string> ServedProcess::ReadLine() {
  for (;;) {
    const std::size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> chunk{};
    const ssize_t got = ::read(output_, chunk.data(), chunk.size());
    if (got <= 0) return Error(ErrorCode::kUnavailable, "attune ended before it listened; its own message says why");
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

ServedProcess::~ServedProcess() { Stop(); }

void ServedProcess::Stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  ::close(output_);
  pid_ = 0;
}

Bytes ServedProcess::ResidentBytes() const { return Bytes(StatusKilobytes(pid_, "VmRSS:") * 1024); }
Bytes ServedProcess::ResidentPeak() const { return Bytes(StatusKilobytes(pid_, "VmHWM:") * 1024); }

Duration ServedProcess::CpuTime() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(in, text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;  // state … cmajflt
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return std::chrono::nanoseconds((user + system) * 1'000'000'000ULL /
                                  static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

HttpConnection::~HttpConnection() { Close(); }

void HttpConnection::Close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool HttpConnection::Connect() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    Close();
    return false;
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

HttpAnswer HttpConnection::Get(const std::string& target) {
  if (socket_ < 0 && !Connect()) return {};
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) + "\r\n\r\n";
  if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    Close();
    return {};
  }
  std::string text;
  std::size_t whole = std::string::npos;
  while (text.size() < whole) {
    std::array<char, 16384> chunk{};
    const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (got <= 0) {
      Close();
      return {};
    }
    text.append(chunk.data(), static_cast<std::size_t>(got));
    const std::size_t head = text.find("\r\n\r\n");
    if (head == std::string::npos || whole != std::string::npos) continue;
    const std::size_t length = text.find("Content-Length: ");
    if (length == std::string::npos || length > head) {
      Close();
      return {};
    }
    whole = head + 4 + std::strtoull(text.c_str() + length + 16, nullptr, 10);
  }
  HttpAnswer answer{.status = std::atoi(text.c_str() + 9), .body = text.substr(text.find("\r\n\r\n") + 4)};
  return answer;
}

}  // namespace attune::bench
