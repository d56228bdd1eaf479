// Every policy names the victims of its reference, whatever happens to its entries.
#include <cstddef>
#include <cstdint>
#include <span>

#include "../tests/policy_twins.h"
#include "attune/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto kind = attune::cache::kPolicyKinds[data[0] % attune::cache::kPolicyKinds.size()];
  const auto difference = attune::cache::RunTwins(kind, std::span(data + 1, size - 1));
  ATTUNE_CHECK(difference.empty(), "a policy and its reference agree");
  return 0;
}
