#include "attune/console/chat.h"

#include <gtest/gtest.h>

namespace attune::console {
namespace {

Chat Sample() {
  Chat chat;
  chat.external_id = "c";
  for (const char* id : {"a", "b", "c"}) {
    ChatMessage message;
    message.external_id = id;
    message.role = "user";
    chat.messages.push_back(message);
  }
  chat.messages[1].parent = 0;
  chat.messages[2].parent = 0;
  chat.head = 1;
  return chat;
}

TEST(CheckChat, NamesWhatIsBroken) {
  EXPECT_TRUE(CheckChat(Sample()).ok());
  const auto refused = [](auto&& change, std::string_view named) {
    Chat chat = Sample();
    change(chat);
    const Status status = CheckChat(chat);
    ASSERT_FALSE(status.ok()) << named;
    EXPECT_NE(status.error().message().find(named), std::string::npos) << status.error().message();
  };
  refused([](Chat& chat) { chat.external_id.clear(); }, "external_id");
  refused([](Chat& chat) { chat.head = 3; }, "head");
  refused([](Chat& chat) { chat.head.reset(); }, "head");
  refused([](Chat& chat) { chat.messages[2].parent = 2; }, "parent");
  refused([](Chat& chat) { chat.messages[2].external_id = "a"; }, "repeats id 'a'");
  refused([](Chat& chat) { chat.messages[0].role.clear(); }, "role");
  refused([](Chat& chat) { chat.metadata = "text"; }, "metadata");
  refused([](Chat& chat) { chat.messages[1].metadata = 5; }, "metadata");
}

TEST(CurrentBranch, GoesFromTheRootToTheHead) {
  EXPECT_EQ(CurrentBranch(Sample()), (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(CurrentBranch(Chat{}).empty());
}

}  // namespace
}  // namespace attune::console
