#include "job.h"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "attune/base/result.h"

namespace attune::store {

PutDocumentsJob::PutDocumentsJob(SourceId source, std::vector<Result<PreparedDocument>> documents, std::size_t bytes,
                                 std::function<void(Result<Outcome>)> done)
    : Job(bytes), source_(source), documents_(std::move(documents)), done_(std::move(done)) {
  outcome_.reserve(documents_.size());
}

Job::Progress PutDocumentsJob::Step(WriteScope& scope) {
  if (outcome_.size() < documents_.size()) {
    const Result<PreparedDocument>& document = documents_[outcome_.size()];
    if (document.ok()) {
      outcome_.push_back(InSavepoint(scope, [&] { return ApplyPutDocument(scope, source_, *document); }));
    } else {
      outcome_.emplace_back(document.error());
    }
  }
  return outcome_.size() < documents_.size() ? Progress::kMore : Progress::kDone;
}

void PutDocumentsJob::OnRollback(const Error& why) {
  for (std::size_t i = committed_; i < outcome_.size(); ++i) {
    if (outcome_[i].ok()) outcome_[i] = why;  // one that had failed by itself keeps its reason
  }
  committed_ = outcome_.size();
}

void PutDocumentsJob::Abandon(const Error& why) {
  OnRollback(why);
  while (outcome_.size() < documents_.size()) outcome_.emplace_back(why);
}

bool PutDocumentsJob::Finish() {
  bool good = true;
  for (const auto& document : outcome_) good = good && document.ok();
  done_(std::move(outcome_));
  return good;
}

Result<bool> RemoveDocumentsJob::RemoveNext(WriteScope& scope) {
  if (next_ < paths_.size()) {
    ATTUNE_ASSIGN_OR_RETURN(RemovedDocument removed, ApplyRemoveDocument(scope, source(), paths_[next_]));
    Note(std::move(removed));
    ++next_;
  }
  return next_ < paths_.size();
}

Result<bool> RemoveSourceJob::RemoveNext(WriteScope& scope) {
  ATTUNE_ASSIGN_OR_RETURN(const auto removed, ApplyRemoveAnyDocument(scope, source()));
  if (removed) {
    if (!removed->empty()) Note(*removed);
    return true;
  }
  ATTUNE_RETURN_IF_ERROR(ApplyRemoveSourceRow(scope, source()));
  return false;
}

}  // namespace attune::store
