// No text crashes a parser, and what one accepts makes sense.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/sys/proc_files.h"

namespace {

using namespace attune::sys;  // NOLINT(google-build-using-namespace)

void ParseAll(std::string_view text) {
  if (const auto pressure = ParsePressure(text); pressure.ok()) {
    ATTUNE_CHECK(pressure->some_10s >= 0 && pressure->some_10s <= 1, "a share");
    ATTUNE_CHECK(pressure->full_60s >= 0 && pressure->full_60s <= 1, "a share");
    ATTUNE_CHECK(pressure->some_total >= attune::Duration::zero(), "a time");
  }
  if (const auto cpus = ParseCgroupCpus(text); cpus.ok() && cpus->has_value()) ATTUNE_CHECK(**cpus > 0, "some CPU");
  if (const auto path = ParseCgroupPath(text); path.ok() && path->has_value()) {
    ATTUNE_CHECK((*path)->starts_with('/'), "an absolute path");
  }
  if (const auto time = ParseCpuTime(text, 100); time.ok()) {
    ATTUNE_CHECK(*time >= attune::Duration::zero(), "a time");
  }
  static_cast<void>(ParseStatus(text));
  static_cast<void>(ParseMeminfo(text));
  static_cast<void>(ParseCgroupBytes(text));
  static_cast<void>(ParseOpenFilesLimit(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ParseAll(text);
  // The same bytes where the interesting fields are.
  const std::string field(text);
  ParseAll("VmRSS: " + field + " kB\nVmHWM: 1 kB\nRssAnon: " + field + "\n");
  ParseAll("some avg10=" + field + " avg60=" + field + " total=" + field + "\nfull avg10=" + field + "\n");
  ParseAll("1 (" + field + ") S 1 2 3 4 5 6 7 8 9 10 " + field + " " + field + "\n");
  ParseAll("0::/" + field + "\nMax open files " + field + "\n");
  return 0;
}
