#include "attune/console/skip_reason.h"

namespace attune::console {
namespace {

struct Row {
  std::string_view name;
  std::string_view remedy;
};

constexpr Row kRows[] = {
    {"ignored", "Add a line such as !name to .attuneignore to read it all the same."},
    {"version_control", "Nothing to do: the history of a repository is not a document."},
    {"excluded", "Keep the data folder outside of the folder that is read, or leave it excluded."},
    {"symlink", "Add the folder that it points to as a source of its own."},
    {"not_regular", "Nothing to do: pipes, sockets and devices hold no document."},
    {"unreadable", "Give the user who runs attune the right to read it, or add it to .attuneignore."},
    {"too_deep", "Add the deep folder as a source of its own."},
    {"path_too_long", "Add a folder further down as a source of its own, which shortens the paths."},
    {"too_large", "Raise --file-max for text and --memory for PDF and images, or split the file."},
    {"empty", "Nothing to do: there is no text in it."},
    {"binary", "Convert it to text, PDF or an image if it holds something to read."},
    {"over_long_lines", "Read the source that it was generated from, or reformat it with line breaks."},
    {"invalid_encoding", "Save it as UTF-8."},
    {"unsupported", "Convert it to text, Markdown, HTML or PDF."},
    {"recognition_off", "Start with --ocr on to recognise the text of images and scans."},
    {"changed_while_read", "Nothing to do: it is read again when it has come to rest."},
};
static_assert(sizeof(kRows) / sizeof(kRows[0]) == kSkipReasonCount);

const Row& RowOf(SkipReason reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return kRows[index < kSkipReasonCount ? index : kSkipReasonCount - 1];
}

}  // namespace

std::string_view ToString(SkipReason reason) noexcept { return RowOf(reason).name; }
std::string_view Remedy(SkipReason reason) noexcept { return RowOf(reason).remedy; }

}  // namespace attune::console
