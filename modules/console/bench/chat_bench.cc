// Importing a ChatGPT export that is made while it is read, so that the peak of
// memory is that of the import. The floor beside it: finding and parsing the
// elements, without making chats of them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "attune/console/chat_export.h"
#include "attune/console/chat_import.h"
#include "attune/state/json.h"

namespace {

using namespace attune::console;  // NOLINT(google-build-using-namespace): a benchmark of one module

// One conversation of `messages` messages of about 600 bytes each, as ChatGPT writes it.
std::string Conversation(int number, int messages) {
  Chat chat;
  chat.external_id = "conversation-" + std::to_string(number);
  chat.title = "About harbours " + std::to_string(number);
  for (int i = 0; i < messages; ++i) {
    ChatMessage message;
    message.external_id = std::to_string(number) + "-0000-4000-" + std::to_string(i);
    if (i > 0) message.parent = static_cast<std::size_t>(i - 1);
    message.role = i % 2 == 0 ? "user" : "assistant";
    for (int k = 0; k < 8; ++k) {
      message.content +=
          "The tide of " + std::to_string(i * 7 + k) + " \"knots\" turned\nbefore the pilots had agreed. ";
    }
    message.created_at = attune::WallTime(std::chrono::milliseconds(1'700'000'000'000 + i));
    chat.messages.push_back(std::move(message));
  }
  chat.head = chat.messages.size() - 1;
  std::string text;
  WriteChat(ChatFileFormat::kChatGpt, chat, text);
  return text;
}

// `count` conversations, the same few in turn.
class Export {
 public:
  explicit Export(int count) : left_(count) {
    for (int i = 0; i < 8; ++i) texts_.push_back(Conversation(i, 20 + 12 * i));
    pending_ = "[";
  }

  attune::Result<std::size_t> operator()(std::span<char> buffer) {
    while (pending_.size() - at_ < buffer.size() && left_ > 0) {
      pending_.erase(0, at_);
      at_ = 0;
      pending_ += texts_[static_cast<std::size_t>(left_) % texts_.size()];
      pending_ += --left_ > 0 ? "," : "]";
    }
    const std::size_t count = std::min(buffer.size(), pending_.size() - at_);
    std::copy_n(pending_.data() + at_, count, buffer.data());
    at_ += count;
    return count;
  }

 private:
  std::vector<std::string> texts_;
  std::string pending_;
  std::size_t at_ = 0;
  int left_ = 0;
};

constexpr int kConversations = 1250;  // about 50 MB

// Peak resident memory since the last reset, as the kernel counts it.
double PeakMiB() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}
void ResetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

void BM_ImportChatGpt(benchmark::State& state) {
  std::uint64_t bytes = 0;
  std::uint64_t messages = 0;
  ResetPeak();
  const double before = PeakMiB();
  for (auto _ : state) {
    ChatVisitor visitor;
    visitor.on_chat = [&](Chat&& chat) {
      messages += chat.messages.size();
      return attune::OkStatus();
    };
    bytes += ImportChats(Export(kConversations), {.source_name = "conversations.json"}, visitor)->bytes;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["messages/s"] = benchmark::Counter(static_cast<double>(messages), benchmark::Counter::kIsRate);
  state.counters["peak_MiB"] = PeakMiB() - before;
}
BENCHMARK(BM_ImportChatGpt)->Unit(benchmark::kMillisecond);

void BM_ParseElementsOnly(benchmark::State& state) {
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    attune::state::JsonElementReader reader{Export(kConversations)};
    for (auto next = reader.Next(); next.ok() && next->has_value(); next = reader.Next()) {
      benchmark::DoNotOptimize(attune::state::ParseJson((*next)->text));
    }
    bytes += reader.offset();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_ParseElementsOnly)->Unit(benchmark::kMillisecond);

void BM_MakeTheExport(benchmark::State& state) {
  std::uint64_t bytes = 0;
  std::string buffer(256 << 10, '\0');
  for (auto _ : state) {
    Export source(kConversations);
    for (auto count = source(buffer); *count > 0; count = source(buffer)) bytes += *count;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_MakeTheExport)->Unit(benchmark::kMillisecond);

}  // namespace
