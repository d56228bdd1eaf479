#include "attune/memory/numa.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace attune::memory {
namespace {

// "0", "0-3", "0,2-3": the number after the last separator is the highest node.
std::size_t NodesOf(std::string_view ranges) {
  while (!ranges.empty() && ranges.back() == '\n') {
    ranges.remove_suffix(1);
  }
  const std::size_t separator = ranges.find_last_of(",-");
  const std::string_view last = separator == std::string_view::npos ? ranges : ranges.substr(separator + 1);
  std::size_t highest = 0;
  const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), highest);
  const bool whole = error == std::errc() && end == last.data() + last.size();
  return whole ? std::min(highest, kNumaNodesMax - 1) + 1 : 1;
}

std::size_t NodeByGetcpu() noexcept {
  unsigned cpu = 0;
  unsigned node = 0;
  return getcpu(&cpu, &node) == 0 ? node : 0;
}

}  // namespace

NumaTopology SystemNumaTopology(const sys::FileSystem& files) {
  const auto online = files.Read("/sys/devices/system/node/online", 4_KiB);
  const std::size_t nodes = online.ok() ? NodesOf(*online) : 1;
  return {.nodes = nodes, .node_of_thread = nodes > 1 ? &NodeByGetcpu : nullptr};
}

void PreferNumaNode(void* begin, std::size_t size, std::size_t node) noexcept {
  constexpr int kPreferred = 1;  // MPOL_PREFERRED of linux/mempolicy.h
  const unsigned long mask = 1UL << (node % kNumaNodesMax);
  (void)syscall(SYS_mbind, begin, size, kPreferred, &mask, kNumaNodesMax + 1, 0U);
}

}  // namespace attune::memory
