// The memory broker: what was stated is kept, and who can spare memory gives it.
#include <cstdio>
#include <vector>

#include "attune/memory/broker.h"

namespace {

using attune::Bytes;

// Something that holds memory and can do with less: here, one buffer.
class Scratch final : public attune::memory::Consumer {
 public:
  explicit Scratch(Bytes size) : buffer_(size.count()) {}
  std::string_view name() const noexcept override { return "scratch"; }
  Bytes bytes() const noexcept override { return Bytes(buffer_.capacity()); }
  double marginal_benefit() const noexcept override { return 1e-6; }  // hardly worth anything
  Bytes Shrink(Bytes wanted) override {
    const Bytes before = bytes();
    buffer_.resize(wanted < before ? (before - wanted).count() : 0);
    buffer_.shrink_to_fit();
    return before - bytes();
  }

 private:
  std::vector<char> buffer_;
};

}  // namespace

int main() {
  using namespace attune;
  memory::Broker broker({.limit = 64_MiB, .overhead = 4_MiB}, {}, {});
  Scratch scratch(40_MiB);
  auto registration = broker.Register(scratch);
  if (!registration.ok()) return 1;

  // 40 MiB are held of 64, so 30 more are refused, by name ...
  const auto refused = broker.TryReserve("scanned page", 30_MiB);
  if (refused.ok()) return 1;
  std::printf("%s\n", refused.error().message().c_str());
  // ... and the next round makes room for them.
  const memory::MaintainReport round = broker.Maintain(TimePoint(std::chrono::seconds(1)));
  const auto granted = broker.TryReserve("scanned page", 30_MiB);
  std::printf("freed %llu bytes; %s\n", static_cast<unsigned long long>(round.freed.count()),
              granted.ok() ? "granted" : granted.error().message().c_str());
  return granted.ok() ? 0 : 1;
}
