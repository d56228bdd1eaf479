#pragma once
// ServedProcess: a real `attune up` as a child, watched from outside.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto process, ServedProcess::Start({"build/release/apps/attune/attune", "up", dir,
//   "--port", "0"})); HttpConnection connection(process->port()); process->ResidentBytes();   // what the kernel says
//
// Ownership  the destructor sends SIGTERM and waits.
// Threads    one thread per HttpConnection; ResidentBytes from anywhere.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::bench {

class ServedProcess {
 public:
  // Returns when the child says where it listens.
  static Result<std::unique_ptr<ServedProcess>> Start(const std::vector<std::string>& command);
  ~ServedProcess();
  ServedProcess(const ServedProcess&) = delete;
  ServedProcess& operator=(const ServedProcess&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  Bytes ResidentBytes() const;  // now
  Bytes ResidentPeak() const;   // VmHWM: the kernel's own high-water mark
  Duration CpuTime() const;     // user and system
  void Stop();

 private:
  ServedProcess(pid_t pid, int output) : pid_(pid), output_(output) {}
  Result<std::string> ReadLine();

  pid_t pid_;
  int output_;
  std::uint16_t port_ = 0;
  std::string buffer_;
};

struct HttpAnswer {
  int status = 0;  // 0: the connection broke
  std::string body;
};

// One kept-alive connection to loopback; connects again when it was closed.
class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port) : port_(port) {}
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  HttpAnswer Get(const std::string& target);

 private:
  bool Connect();
  void Close();

  const std::uint16_t port_;
  int socket_ = -1;
};

}  // namespace attune::bench
