#include "budget.h"

#include <utility>

namespace attune::engine {

class Budget::Holder final : public memory::Consumer {
 public:
  explicit Holder(HeldMemory held) : held_(std::move(held)) {}
  std::string_view name() const noexcept override { return held_.name; }
  Bytes bytes() const noexcept override { return held_.bytes(); }
  Bytes bytes_min() const noexcept override { return held_.minimum; }
  double marginal_benefit() const noexcept override { return held_.benefit; }
  Bytes Shrink(Bytes wanted) override { return held_.shrink(wanted); }

 private:
  const HeldMemory held_;
};

Budget::Budget(memory::Broker& broker) : broker_(broker) {}
Budget::~Budget() = default;

Status Budget::Register(HeldMemory held) {
  auto holder = std::make_unique<Holder>(std::move(held));
  ATTUNE_ASSIGN_OR_RETURN(memory::Registration registration, broker_.Register(*holder));
  holders_.push_back(std::move(holder));
  registrations_.push_back(std::move(registration));
  return OkStatus();
}

}  // namespace attune::engine
