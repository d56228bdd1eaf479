// Any bytes are a trace or an error, in every format, and never more keys than the limit.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attune/base/check.h"
#include "attune/cache/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using attune::cache::TraceFormat;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  attune::cache::TraceOptions options;
  options.requests_max = 16;
  options.bytes_max = attune::Bytes(1U << 16U);
  const auto check = [&] {
    const auto trace = attune::cache::ParseTrace(bytes, "fuzz", options);
    if (trace.ok()) {
      ATTUNE_CHECK(!trace->keys.empty() && trace->keys.size() <= options.requests_max, "within the limits");
    } else {
      ATTUNE_CHECK(trace.error().message().starts_with("fuzz: "), "an error names its file");
    }
  };
  check();
  for (const TraceFormat format :
       {TraceFormat::kText, TraceFormat::kU64, TraceFormat::kU32, TraceFormat::kOracleGeneral}) {
    options.format = format;
    check();
  }
  return 0;
}
