// Kills a process that writes, at random moments, and looks whether everything that it was told to be stored is there.
#include <gtest/gtest.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "store_fixture.h"

namespace attune::store {
namespace {

struct Acknowledgement {
  std::uint64_t passage = 0;
  std::uint64_t number = 0;
};

std::string TextOf(std::uint64_t number) { return "number " + std::to_string(number) + std::string(number % 700, '.'); }

// Runs in the child: writes until it is killed, and reports every acknowledgement.
[[noreturn]] void WriteForever(const std::string& path, int pipe, std::uint64_t number) {
  auto opened = Store::Open({.path = path, .wal_checkpoint = 64_KiB}, SystemClock());
  if (!opened.ok()) ::_exit(3);
  Store& store = **opened;
  auto chat = store.FindChat("talk");
  if (!chat.ok()) ::_exit(4);
  const auto created = *chat ? Result<ChatId>((*chat)->id) : store.Write(CreateChat{.external_id = "talk"});
  if (!created.ok()) ::_exit(5);
  const auto report = [pipe](std::uint64_t passage, std::uint64_t what) {
    const Acknowledgement acknowledgement{passage, what};
    if (::write(pipe, &acknowledgement, sizeof acknowledgement) != sizeof acknowledgement) ::_exit(6);
  };
  for (;; ++number) {
    const Status accepted = store.Submit(AppendMessage{.chat = *created, .role = "user", .content = TextOf(number)},
                                         [report, number](const Result<MessageId>& id) {
                                           if (id.ok()) report(PassageId::Of(*id).value(), number);
                                         });
    if (!accepted.ok()) store.Drain();
    if (number % 50 != 0) continue;
    std::vector<NewDocument> documents;
    documents.push_back(MakeDocument("f" + std::to_string(number % 7), number % 300));
    const auto source = store.Write(PutSource{.name = "code"});
    if (!source.ok()) ::_exit(7);
    if (!store.Write(PutDocuments{.source = *source, .documents = std::move(documents)}).ok()) ::_exit(8);
  }
}

TEST(Killing, NeverLosesAnAcknowledgedWrite) {
  const TempFolder folder;
  const std::string path = folder / "attune.db";
  std::mt19937_64 random(1'138);
  std::vector<Acknowledgement> acknowledged;
  constexpr int kRounds = 12;
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const std::uint64_t first = acknowledged.empty() ? 0 : acknowledged.back().number + 10'000;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      WriteForever(path, ends[1], first);
    }
    ::close(ends[1]);
    // The moment is counted in acknowledgements, not in time: the same on a slow machine.
    const std::size_t kill_at = acknowledged.size() + 1 + (random() % 400);
    Acknowledgement acknowledgement;
    while (::read(ends[0], &acknowledgement, sizeof acknowledgement) == sizeof acknowledgement) {
      acknowledged.push_back(acknowledgement);
      if (acknowledged.size() == kill_at) {
        ASSERT_EQ(::kill(child, SIGKILL), 0);  // what still is in the pipe counts as acknowledged
      }
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);

    const auto store = Must(Store::Open({.path = path}, SystemClock()));
    Must(store->Check(CheckDepth::kFull));
    for (const Acknowledgement& entry : acknowledged) {
      const auto read = Must(store->ReadPassage(PassageId::FromValue(entry.passage)));
      ASSERT_TRUE(read.has_value()) << "round " << round << ", number " << entry.number;
      ASSERT_EQ(read->text, TextOf(entry.number));
    }
  }
  EXPECT_GT(acknowledged.size(), static_cast<std::size_t>(kRounds));
}

}  // namespace
}  // namespace attune::store
