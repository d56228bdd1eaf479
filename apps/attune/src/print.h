#pragma once
// What commands print for people: colours only on a terminal, amounts with units,
// tables whose columns line up.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attune/state/value.h"

namespace attune::app {

// Turns colours on or off for all of the functions below; main decides once.
void UseColours(bool on);

std::string Bold(std::string_view text);
std::string Dim(std::string_view text);
std::string Accent(std::string_view text);  // what matched
std::string Alarm(std::string_view text);   // what went wrong

std::string Megabytes(double bytes);          // "12.3 MB"
std::string Thousands(std::uint64_t number);  // "12,345"

// One line a row, columns as wide as their longest cell, no trailing blanks.
std::string Table(const std::vector<std::vector<std::string>>& rows);

// Members of an answer, with a fallback when they are absent.
std::string Text(const state::Value& object, std::string_view key);
double Number(const state::Value& object, std::string_view key);
const state::Array& List(const state::Value& object, std::string_view key);

// The answer to a program.
void PrintAsJson(const state::Value& answer);
// On standard error: for a person, or {"error":{"code":…,"message":…}} on one line for a program.
void PrintError(bool json, std::string_view code, const std::string& message);

void PrintHits(const state::Value& answer);
void PrintStatus(const state::Value& status);
void PrintKnobs(const state::Value& answer);
void PrintJournal(const state::Value& answer);
void PrintChats(const state::Value& answer);
void PrintChat(const state::Value& answer);
void PrintImport(const state::Value& report);

}  // namespace attune::app
