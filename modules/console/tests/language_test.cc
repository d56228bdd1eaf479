#include "attune/console/language.h"

#include <gtest/gtest.h>

#include <string>

namespace attune::console {
namespace {

TEST(Languages, EveryLanguageHasANameThatFindsIt) {
  for (std::size_t i = 0; i < kLanguageCount; ++i) {
    const auto language = static_cast<Language>(i);
    EXPECT_EQ(LanguageFromName(ToString(language)), language);
  }
  EXPECT_EQ(LanguageFromName("klingon"), std::nullopt);
}

TEST(Languages, ExtensionsDecideWhateverTheirCase) {
  const struct {
    const char* path;
    Language language;
  } cases[] = {
      {"a/b.c", Language::kC},
      {"x.CPP", Language::kCpp},
      {"x.C", Language::kCpp},
      {"x.hpp", Language::kCpp},
      {"x.py", Language::kPython},
      {"x.pyi", Language::kPython},
      {"x.mjs", Language::kJavaScript},
      {"x.jsx", Language::kJavaScript},
      {"x.tsx", Language::kTypeScript},
      {"x.d.ts", Language::kTypeScript},
      {"X.java", Language::kJava},
      {"x.go", Language::kGo},
      {"x.rs", Language::kRust},
      {"x.rb", Language::kRuby},
      {"x.php", Language::kPhp},
      {"x.cs", Language::kCSharp},
      {"x.kt", Language::kKotlin},
      {"x.swift", Language::kSwift},
      {"x.scala", Language::kScala},
      {"x.sh", Language::kShell},
      {"x.pm", Language::kPerl},
      {"x.lua", Language::kLua},
      {"x.sql", Language::kSql},
      {"x.json", Language::kJson},
      {"x.yml", Language::kYaml},
      {"x.toml", Language::kToml},
      {"x.svg", Language::kXml},
      {"x.ini", Language::kIni},
      {"x.mk", Language::kMakefile},
      {"x.cmake", Language::kCmake},
      {"x.css", Language::kCss},
      {"x.htm", Language::kHtml},
      {"README.md", Language::kMarkdown},
      {"x.rst", Language::kRestructuredText},
      {"x.adoc", Language::kAsciiDoc},
      {"x.tex", Language::kLatex},
      {"x.csv", Language::kCsv},
      {"x.txt", Language::kPlainText},
      {"x.unknown", Language::kPlainText},
  };
  for (const auto& one : cases) EXPECT_EQ(DetectLanguage(one.path, ""), one.language) << one.path;
}

TEST(Languages, WholeNamesDecide) {
  EXPECT_EQ(DetectLanguage("src/CMakeLists.txt", ""), Language::kCmake);
  EXPECT_EQ(DetectLanguage("Makefile", ""), Language::kMakefile);
  EXPECT_EQ(DetectLanguage("Makefile.am", ""), Language::kMakefile);
  EXPECT_EQ(DetectLanguage("Dockerfile.dev", ""), Language::kDockerfile);
  EXPECT_EQ(DetectLanguage("Gemfile", ""), Language::kRuby);
  EXPECT_EQ(DetectLanguage("LICENSE", "MIT License"), Language::kPlainText);
  EXPECT_EQ(DetectLanguage(".gitignore", "*.o"), Language::kPlainText);
}

TEST(Languages, TheFirstLineDecidesWhereTheNameSaysNothing) {
  EXPECT_EQ(DetectLanguage("run", "#!/bin/sh\n"), Language::kShell);
  EXPECT_EQ(DetectLanguage("run", "#!/usr/bin/env python3.11\n"), Language::kPython);
  EXPECT_EQ(DetectLanguage("run", "#!/usr/bin/env -S FOO=1 node --x\n"), Language::kJavaScript);
  EXPECT_EQ(DetectLanguage("run", "#! /usr/bin/perl -w\n"), Language::kPerl);
  EXPECT_EQ(DetectLanguage("run", "#!"), Language::kPlainText);
  EXPECT_EQ(DetectLanguage("vector", "// The vector -*- C++ -*-\n"), Language::kCpp);
  EXPECT_EQ(DetectLanguage("x", "# -*- mode: python; coding: utf-8 -*-\n"), Language::kPython);
  EXPECT_EQ(DetectLanguage("page", "\n<!DOCTYPE HTML>\n"), Language::kHtml);
  EXPECT_EQ(DetectLanguage("x", "<?xml version=\"1.0\"?>"), Language::kXml);
}

TEST(Languages, AHeaderIsCppIfALineOfItCanBeNothingElse) {
  EXPECT_EQ(DetectLanguage("a.h", "#pragma once\nint f(void);\n"), Language::kC);
  EXPECT_EQ(DetectLanguage("a.h", "/* a virtual machine, class of its own */\nint f(void);\n"), Language::kC);
  EXPECT_EQ(DetectLanguage("a.h", "#pragma once\n\nnamespace a {\n"), Language::kCpp);
  EXPECT_EQ(DetectLanguage("a.h", "  template <typename T>\n"), Language::kCpp);
  EXPECT_EQ(DetectLanguage("a.h", "void f(std::string s);\n"), Language::kCpp);
}

TEST(Languages, TemplatesOfConfigureKeepTheirInnerName) {
  EXPECT_EQ(DetectLanguage("config.h.in", ""), Language::kC);
  EXPECT_EQ(DetectLanguage("Doxyfile.in", ""), Language::kPlainText);
}

TEST(Languages, ProseIsWhatPeopleRead) {
  EXPECT_TRUE(IsProse(Language::kMarkdown));
  EXPECT_TRUE(IsProse(Language::kHtml));
  EXPECT_FALSE(IsProse(Language::kCpp));
  EXPECT_FALSE(IsProse(Language::kJson));
}

}  // namespace
}  // namespace attune::console
