#include "attune/server/mcp_stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "json_rpc.h"

namespace attune::server {
namespace {

constexpr std::size_t kRepliesWaitingMax = 64;  // as many as one session may have under way
constexpr std::size_t kReadBytes = 64 << 10;

Error Failed(const char* what, int number) {
  return {ErrorCode::kUnavailable, std::string(what) + ": " + std::generic_category().message(number)};
}

// Writes lines on a thread of its own, so that neither the reader nor the engine waits for
// whoever reads them.
class LineWriter {
 public:
  explicit LineWriter(int descriptor) : descriptor_(descriptor), thread_([this] { Run(); }) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // Any thread; never waits.
  void Add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  // A message is under way until its reply (or that it has none) is known.
  void Enter() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    --under_way_;
    changed_.notify_all();
  }
  // Returns when there is room for one more message; false when the output is closed.
  bool WaitForRoom() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failure_ != 0 || lines_.size() + under_way_ < kRepliesWaitingMax; });
    return failure_ == 0;
  }
  // Returns when everything is answered and written, or cannot be written.
  Status Drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return under_way_ == 0 && (failure_ != 0 || (lines_.empty() && !writing_)); });
    if (failure_ == 0 || failure_ == EPIPE) return OkStatus();
    return Failed("cannot write a reply", failure_);
  }

 private:
  void Run() {
    // A reader that went away is an error of write, not the end of the process.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ended_ || !lines_.empty(); });
      if (lines_.empty()) return;
      std::string line = std::move(lines_.front());
      lines_.pop_front();
      if (failure_ != 0) continue;
      writing_ = true;
      lock.unlock();
      line.push_back('\n');
      const int failure = WriteAll(line);
      lock.lock();
      writing_ = false;
      failure_ = failure;
      changed_.notify_all();
    }
  }

  int WriteAll(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) {
        pollfd room{descriptor_, POLLOUT, 0};
        ::poll(&room, 1, -1);
        continue;
      }
      if (count < 0) return errno;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return 0;
  }

  const int descriptor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;  // guarded by mutex_, as is the rest
  std::size_t under_way_ = 0;
  int failure_ = 0;  // errno of the first write that failed
  bool writing_ = false;
  bool ended_ = false;
  std::thread thread_;
};

// Cuts what arrives into lines; an overlong one is dropped to its end and reported once.
class LineReader {
 public:
  explicit LineReader(std::size_t line_max) : line_max_(line_max) {}

  template <typename OnLine, typename OnOverlong>
  void Feed(std::string_view bytes, OnLine on_line, OnOverlong on_overlong) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view piece = bytes.substr(0, end);
      if (!skipping_ && line_.size() + piece.size() > line_max_) {
        skipping_ = true;
        line_.clear();
        on_overlong();
      }
      if (!skipping_) line_.append(piece);
      if (end == std::string_view::npos) return;
      if (!skipping_ && line_.find_first_not_of(" \t\r") != std::string::npos) on_line(line_);
      line_.clear();
      skipping_ = false;
      bytes.remove_prefix(end + 1);
    }
  }
  // What came after the last line end counts as a line.
  const std::string& rest() const { return line_; }

 private:
  const std::size_t line_max_;
  std::string line_;
  bool skipping_ = false;
};

// A pipe that a stop request makes readable.
class StopPipe {
 public:
  explicit StopPipe(std::stop_token stop) : ends_(Open()) { callback_.emplace(std::move(stop), Wake{ends_[1]}); }
  StopPipe(const StopPipe&) = delete;
  StopPipe& operator=(const StopPipe&) = delete;
  ~StopPipe() {
    callback_.reset();  // returns when it does not write any more
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int readable() const { return ends_[0]; }

 private:
  struct Wake {
    int descriptor;
    void operator()() const noexcept {
      const char byte = 0;
      static_cast<void>(!::write(descriptor, &byte, 1));  // the pipe is empty, so one byte always fits
    }
  };
  static std::array<int, 2> Open() {
    std::array<int, 2> ends{-1, -1};
    ATTUNE_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0, "out of file descriptors");
    return ends;
  }
  std::array<int, 2> ends_;
  std::optional<std::stop_callback<Wake>> callback_;
};

class StdioLoop {
 public:
  StdioLoop(const McpReceiver& receive, const McpStdioConfig& config, std::stop_token stop)
      : config_(config),
        receive_(receive),
        stop_(std::move(stop)),
        writer_(config.output),
        lines_(static_cast<std::size_t>(config.line_max.count())) {}

  Status Run() {
    Status outcome = ReadUntilEnd();
    Status written = writer_.Drain();
    return outcome.ok() ? written : outcome;
  }

 private:
  Status ReadUntilEnd() {
    std::string buffer(kReadBytes, '\0');
    while (writer_.WaitForRoom()) {
      std::array<pollfd, 2> waiting{pollfd{config_.input, POLLIN, 0}, pollfd{stop_.readable(), POLLIN, 0}};
      if (::poll(waiting.data(), waiting.size(), -1) < 0) {
        if (errno == EINTR) continue;
        return Failed("cannot wait for the input", errno);
      }
      if (waiting[1].revents != 0) return OkStatus();
      const ssize_t count = ::read(config_.input, buffer.data(), buffer.size());
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count < 0) return Failed("cannot read the input", errno);
      const auto on_line = [this](const std::string& line) { Take(line); };
      if (count == 0) {
        if (!lines_.rest().empty()) Take(lines_.rest());
        return OkStatus();
      }
      lines_.Feed({buffer.data(), static_cast<std::size_t>(count)}, on_line, [this] { RefuseOverlong(); });
    }
    return OkStatus();
  }

  void Take(const std::string& line) {
    if (!writer_.WaitForRoom()) return;
    writer_.Enter();
    receive_(line, [this](std::string reply) {
      if (!reply.empty()) writer_.Add(std::move(reply));
      writer_.Leave();
    });
  }
  void RefuseOverlong() {
    writer_.Add(RpcErrorText({}, {RpcError::kInvalidRequest, "a line is longer than " + ToString(config_.line_max)}));
  }

  const McpStdioConfig config_;
  const McpReceiver& receive_;
  StopPipe stop_;
  LineWriter writer_;
  LineReader lines_;
};

}  // namespace

Status ServeMcpStdio(engine::Engine& engine, const McpStdioConfig& config, std::stop_token stop) {
  McpSession session(engine, {.message_max = config.line_max});
  return ServeMcpStdio([&session](std::string_view message,
                                  std::function<void(std::string)> done) { session.Receive(message, std::move(done)); },
                       config, std::move(stop));
}

Status ServeMcpStdio(const McpReceiver& receive, const McpStdioConfig& config, std::stop_token stop) {
  StdioLoop loop(receive, config, std::move(stop));
  return loop.Run();
}

}  // namespace attune::server
