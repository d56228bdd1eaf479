// One small text per language with everything that its scanner should find, as "kind symbol first-last line".

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "attune/console/scan.h"

namespace attune::console {
namespace {

using Lines = std::vector<std::string>;

Lines Found(Language language, std::string_view text) {
  Lines lines;
  for (const Definition& definition : ScanDocument(language, text).definitions) {
    lines.push_back(std::string(ToString(definition.kind)) + " " + definition.symbol + " " +
                    std::to_string(definition.line_begin) + "-" + std::to_string(definition.line_end));
  }
  return lines;
}

TEST(ScanLanguages, C) {
  EXPECT_EQ(Found(Language::kC, R"(#include <stdio.h>
#define TWICE(x) ((x) * 2)
#define LIMIT 3
struct point {
  int x, y;
};
typedef struct { int a; } box_t;
typedef unsigned long word_t;
typedef int (*callback_t)(void *);
enum colour { RED, GREEN };
static const char *names[] = {"{", "}"};
int declared(int a);
static inline struct point *make(int x,
                                 int y)
{
  if (x) { return 0; }  /* } */
  return "}" ? 0 : 0;
}
#ifdef FAST
int speed(void) {
#else
int speed(int unused) {
#endif
  return '}';
}
int old_style(a, b)
  int a;
  char *b;
{
  return a;
}
)"),
            (Lines{"macro TWICE 2-2", "struct point 4-6", "struct box_t 7-7", "type word_t 8-8", "type callback_t 9-9",
                   "enum colour 10-10", "function make 13-18", "function speed 20-25", "function speed 22-22",
                   "function old_style 26-31"}));
}

TEST(ScanLanguages, Cpp) {
  EXPECT_EQ(Found(Language::kCpp, R"(namespace shop::detail {
template <typename T, int N = 3>
class Pool final : public Base<T> {
 public:
  explicit Pool(int size) : size_(size), free_{0} { Reset(); }
  ~Pool() override = default;
  [[nodiscard]] T* Acquire() noexcept(false) {
    return R"x(})x" ? nullptr : nullptr;
  }
  bool operator==(const Pool& other) const { return this == &other; }
  int declared_only();
  enum class State : int { kIdle, kBusy };
 private:
  int size_ = {0};
};
template <typename T, int N>
T* Pool<T, N>::Grow(int by) {
  auto twice = [](int x) { return x * 2; };
  return nullptr;
}
using Name = std::string;
}  // namespace
extern "C" {
int c_function(void) { return 1'000; }
}
std::ostream& operator<<(std::ostream& out, const Name& name) {
  return out;
}
TEST(Pool, Works) {
}
)"),
            (Lines{"namespace shop::detail 1-22", "class shop::detail::Pool 2-15",
                   "method shop::detail::Pool::Pool 5-5", "method shop::detail::Pool::Acquire 7-9",
                   "method shop::detail::Pool::operator== 10-10", "enum shop::detail::Pool::State 12-12",
                   "method shop::detail::Pool::Grow 16-20", "type shop::detail::Name 21-21",
                   "function c_function 24-24", "function operator<< 26-28", "function TEST 29-30"}));
}

TEST(ScanLanguages, Python) {
  EXPECT_EQ(Found(Language::kPython, R"("""def not_me(): pass"""
import os

@decorated(
    "yes")
async def fetch(url,
                timeout=3):
    def inner():
        return "}"
    return inner

class Client(Base):
    """class NotMe:
    def nor_me(self)
    """
    limit = [
        1,
    ]

    @property
    def name(self): return self._name

    class Error(Exception):
        pass
# a comment at the margin
    async def send(self):
        return '\''

def last(): return 1
)"),
            (Lines{"function fetch 4-10", "function fetch.inner 8-9", "class Client 12-27", "method Client.name 20-21",
                   "class Client.Error 23-24", "method Client.send 26-27", "function last 29-29"}));
}

TEST(ScanLanguages, JavaScript) {
  EXPECT_EQ(Found(Language::kJavaScript, R"(import x from 'y';
function plain(a, b = {c: 1}) {
  const re = /[/{]"/g, half = a / b / 2;
  return `text ${ a ? `{` : "}" } function no() {}`;
}
async function* stream() { }
const arrow = async (a, {b}) => {
  return a;
};
let short = x => x * 2;
class Shape extends Base {
  #sides = 3;
  static count = 0;
  constructor(sides) { super(); }
  get area() { if (this.x) { return 0; } return 1; }
  static async make() {
    function helper() { }
  }
  handler = (event) => { };
}
Shape.prototype.scale = function (by) { };
module.exports.run = function () { };
const table = {
  open() { },
  close: function () { },
  each: (item) => item,
  value: 3,
};
describe('not a definition', () => { it('at all', function () { }); });
)"),
            (Lines{"function plain 2-5", "function stream 6-6", "function arrow 7-9", "function short 10-10",
                   "class Shape 11-20", "method Shape.constructor 14-14", "method Shape.area 15-15",
                   "method Shape.make 16-18", "function Shape.make.helper 17-17", "method Shape.handler 19-19",
                   "method Shape.scale 21-21", "function run 22-22", "method table.open 24-24",
                   "method table.close 25-25", "method table.each 26-26"}));
}

TEST(ScanLanguages, TypeScript) {
  EXPECT_EQ(Found(Language::kTypeScript, R"(export interface Store<T> {
  get(key: string): T | undefined;
  readonly size: number;
}
export type Handler = (event: { name: string }) => void;
enum Level { Low, High }
declare module "thing" {
  export function inside(): void;
}
namespace App.Core {
  export const start = (a: number): Promise<void> => {
    return later();
  };
}
@Component({ selector: 'x' })
export abstract class View<T extends object = {}> implements Store<T> {
  private items: Array<{ a: number }> = [];
  constructor(private readonly name: string) { }
  abstract draw(): void;
  get<K>(key: K): { found: boolean } {
    return { found: true };
  }
}
export function first<T>(list: T[]): T;
export function first<T>(list: T[]): T {
  return list[0];
}
)"),
            (Lines{"interface Store 1-4", "method Store.get 2-2", "type Handler 5-5", "enum Level 6-6",
                   "namespace thing 7-9", "function thing.inside 8-8", "namespace App.Core 10-14",
                   "function App.Core.start 11-13", "class View 15-23", "method View.constructor 18-18",
                   "method View.draw 19-19", "method View.get 20-22", "function first 24-24", "function first 25-27"}));
}

TEST(ScanLanguages, Java) {
  EXPECT_EQ(Found(Language::kJava, R"(package a.b;
import java.util.*;
/** {@code class No} */
@Service("x")
public final class Account<T> extends Base implements Runnable {
  private final Map<String, T> map = new HashMap<>() {{ put("}", null); }};
  static { init(); }
  public Account(int id) throws IOException { this.id = id; }
  @Override
  public <K> List<K> find(K key, int[] limits) {
    Runnable r = () -> { };
    return null;
  }
  abstract void pending();
  enum Kind { SAVINGS(1) { }, CREDIT(2); Kind(int n) { } }
  interface Visitor { void visit(Account<?> a); }
}
record Point(int x, int y) { int sum() { return x + y; } }
@interface Marker { int value() default 1; }
)"),
            (Lines{"class Account 4-17", "method Account.Account 8-8", "method Account.find 9-13",
                   "method Account.pending 14-14", "enum Account.Kind 15-15", "method Account.Kind.Kind 15-15",
                   "interface Account.Visitor 16-16", "method Account.Visitor.visit 16-16", "class Point 18-18",
                   "method Point.sum 18-18", "interface Marker 19-19", "method Marker.value 19-19"}));
}

TEST(ScanLanguages, Go) {
  EXPECT_EQ(
      Found(Language::kGo, R"(package main

type Server struct {
	Name string
}

type (
	Reader interface {
		Read(p []byte) (int, error)
	}
	Level int
)

type Pair[K comparable, V any] struct{ key K }

func (s *Server) Start(ctx context.Context) error {
	raw := `func no() {`
	go func() { }()
	return nil
}

func Map[T any](in []T, f func(T) interface{}) interface{} {
	return func(x int) string { return "" }
}

var handler = func(w int) string {
	return "x"
}

func external(a int) int

func main() {
}
)"),
      (Lines{"struct Server 3-5", "interface Reader 8-10", "type Level 11-11", "struct Pair 14-14",
             "method Server.Start 16-20", "function Map 22-24", "function external 30-30", "function main 32-33"}));
}

TEST(ScanLanguages, Rust) {
  EXPECT_EQ(Found(Language::kRust, R"(pub mod shapes {
    #[derive(Debug)]
    pub struct Circle<'a> { name: &'a str }
    pub struct Unit;
    pub enum Kind { A { x: i32 }, B }
    pub trait Area {
        fn area(&self) -> f64;
        fn twice(&self) -> f64 { self.area() * 2.0 }
    }
    impl<'a> Area for Circle<'a> where Self: Sized {
        fn area(&self) -> f64 { if 'x' == '}' { 0.0 } else { 1.0 } }
    }
}
const LIMIT: usize = { 3 };
static NAMES: [&str; 2] = ["{", r#"}"#];
type Alias<T> = Vec<T>;
pub(crate) async unsafe fn run<F: Fn(i32) -> i32>(f: F) -> impl Iterator<Item = u8> {
    let p = 0 as *const u8;
    let closure = |x: i32| { x };
}
macro_rules! twice {
    ($x:expr) => { fn no() {} };
}
/* outer /* inner */ fn hidden() {} */
fn last() {}
)"),
            (Lines{"module shapes 1-13", "struct shapes::Circle 2-3", "struct shapes::Unit 4-4",
                   "enum shapes::Kind 5-5", "trait shapes::Area 6-9", "method shapes::Area::area 7-7",
                   "method shapes::Area::twice 8-8", "impl shapes::Circle 10-12", "method shapes::Circle::area 11-11",
                   "constant LIMIT 14-14", "constant NAMES 15-15", "type Alias 16-16", "function run 17-20",
                   "macro twice 21-23", "function last 25-25"}));
}

TEST(ScanLanguages, Ruby) {
  EXPECT_EQ(Found(Language::kRuby, R"(module Shop
  class Order < Base
    attr_reader :items
    def initialize(items)
      @items = items.map do |i|
        i
      end
    end

    def self.find(id) = nil
    private def empty? = items.empty?
    def ==(other)
      text = <<~EOS
        def hidden
      EOS
      true
    end
  end
end

=begin
def documented
=end
def top; end
)"),
            (Lines{"module Shop 1-19", "class Shop.Order 2-18", "method Shop.Order.initialize 4-8",
                   "method Shop.Order.find 10-10", "method Shop.Order.empty? 11-11", "method Shop.Order.== 12-17",
                   "function top 24-24"}));
}

TEST(ScanLanguages, Php) {
  EXPECT_EQ(Found(Language::kPhp, R"(<html>It's text { here</html>
<?php
namespace App\Models;
use function strlen;
# a comment with {
interface HasName { public function name(): string; }
abstract class User extends Model implements HasName {
  const LIMIT = 3;
  private ?string $name = "{$x}";
  public function __construct(private int $id) { $f = function () { return Foo::class; }; }
  abstract protected function &role();
}
trait Loud { function shout() { return <<<EOT
function hidden() {
EOT; } }
?>
<p>don't {</p>
<?php function last() { return new class { }; }
)"),
            (Lines{"namespace App\\Models 3-18", "interface App\\Models::HasName 6-6",
                   "method App\\Models::HasName::name 6-6", "class App\\Models::User 7-12",
                   "method App\\Models::User::__construct 10-10", "method App\\Models::User::role 11-11",
                   "trait App\\Models::Loud 13-15", "method App\\Models::Loud::shout 13-15",
                   "function App\\Models::last 18-18"}));
}

TEST(ScanLanguages, CSharp) {
  EXPECT_EQ(Found(Language::kCSharp, R"(using System;
namespace Shop.Core
{
    [Serializable]
    public partial class Cart<T> : Base, IThing where T : class, new()
    {
        private readonly string path = @"C:\{";
        public int Count { get; private set; }
        public int Twice => Count * 2;
        public Cart(int size) : base(size) { }
        public async Task<List<T>> LoadAsync<K>(K key)
        {
            var x = new { A = 1 };
            return null;
        }
        public int Sum(int a, int b) => a + b;
        public event Action Changed;
    }
    public interface IThing { void Do(int x); }
    public enum Level { Low, High }
    public record Point(int X, int Y);
    public struct Pair { public int A; }
}
)"),
            (Lines{"namespace Shop.Core 2-23", "class Shop.Core.Cart 4-18", "property Shop.Core.Cart.Count 8-8",
                   "property Shop.Core.Cart.Twice 9-9", "method Shop.Core.Cart.Cart 10-10",
                   "method Shop.Core.Cart.LoadAsync 11-15", "method Shop.Core.Cart.Sum 16-16",
                   "interface Shop.Core.IThing 19-19", "method Shop.Core.IThing.Do 19-19", "enum Shop.Core.Level 20-20",
                   "class Shop.Core.Point 21-21", "struct Shop.Core.Pair 22-22"}));
}

TEST(ScanLanguages, Kotlin) {
  EXPECT_EQ(Found(Language::kKotlin, R"(package shop
typealias Names = List<String>
data class Item(val name: String, val price: Int = 3)
sealed interface Shape
class Cart(private val items: List<Item>) : Base(), Closeable {
    val total get() = items.sumOf { it.price }
    override fun close() { println("${items["}"]} {") }
    private fun <T> pick(list: List<T>): T? =
        list.firstOrNull()
    companion object {
        fun empty() = Cart(emptyList())
    }
    enum class Mode { A, B }
}
object Registry { }
fun String.shout(): String = uppercase()
fun main() {
    val thing = object : Runnable { override fun run() { } }
}
)"),
            (Lines{"type Names 2-2", "class Item 3-3", "interface Shape 4-4", "class Cart 5-14",
                   "method Cart.close 7-7", "method Cart.pick 8-9", "class Cart.Companion 10-12",
                   "method Cart.Companion.empty 11-11", "class Cart.Mode 13-13", "class Registry 15-15",
                   "method String.shout 16-16", "function main 17-19", "function main.run 18-18"}));
}

TEST(ScanLanguages, Swift) {
  EXPECT_EQ(Found(Language::kSwift, R"(import Foundation
protocol Drawable {
    func draw()
    init(name: String)
}
public final class View: Base, Drawable {
    var title: String { "a \(name("}")) {" }
    init(name: String) { }
    deinit { }
    class func make() -> View { View() }
    override func draw() { let f = { (x: Int) in x } }
    subscript(i: Int) -> Int { i }
}
extension Array where Element == Int {
    func sum() -> Int { 0 }
}
enum Level: Int { case low, high }
struct Pair<A> { let a: A }
typealias Pairs = [Pair<Int>]
func == (a: Pair<Int>, b: Pair<Int>) -> Bool { true }
)"),
            (Lines{"interface Drawable 2-5", "method Drawable.draw 3-3", "method Drawable.init 4-4", "class View 6-13",
                   "method View.init 8-8", "method View.deinit 9-9", "method View.make 10-10", "method View.draw 11-11",
                   "method View.subscript 12-12", "impl Array 14-16", "method Array.sum 15-15", "enum Level 17-17",
                   "struct Pair 18-18", "type Pairs 19-19", "function == 20-20"}));
}

TEST(ScanLanguages, Scala) {
  EXPECT_EQ(Found(Language::kScala, R"(package shop
trait Priced { def price: Int }
case class Item(name: String) extends Priced {
  def price: Int = name.length * 'x'
  def +(other: Item): Item = {
    other
  }
}
object Main extends App {
  def run(): Unit = println(s"${items("}")} {")
  type Name = String
}
def topLevel(x: Int): Int =
  val y = x
  y + 1
class Indented:
  def method(): Int =
    3
)"),
            (Lines{"trait Priced 2-2", "method Priced.price 2-2", "class Item 3-8", "method Item.price 4-4",
                   "method Item.+ 5-7", "class Main 9-12", "method Main.run 10-10", "type Main.Name 11-11",
                   "function topLevel 13-15", "class Indented 16-18", "method Indented.method 17-18"}));
}

TEST(ScanLanguages, Shell) {
  EXPECT_EQ(Found(Language::kShell, R"(#!/bin/bash
greet() {
  cat <<EOF
hidden() {
EOF
  if true; then
    echo "}"
  fi
}
function deploy-all {
  inner() { :; }
}
short() { echo; }
x=$((1<<COUNT))
last ()
{
  :
}
)"),
            (Lines{"function greet 2-9", "function deploy-all 10-12", "function deploy-all.inner 11-11",
                   "function short 13-13", "function last 15-18"}));
}

TEST(ScanLanguages, Perl) {
  EXPECT_EQ(Found(Language::kPerl, R"(package Shop::Cart;
use strict;
sub declared;
sub new {
    my ($class) = @_;
    my $h = { a => 1 };
    return bless {}, $class;
}

=head1 METHODS

sub hidden { }

=cut

sub total($) { my $x = shift; }
package Shop::Item;
sub name
{
    return m{\}};
}
__END__
sub gone { }
)"),
            (Lines{"namespace Shop::Cart 1-16", "function Shop::Cart::new 4-8", "function Shop::Cart::total 16-16",
                   "namespace Shop::Item 17-23", "function Shop::Item::name 18-21"}));
}

TEST(ScanLanguages, Lua) {
  EXPECT_EQ(Found(Language::kLua, R"(local M = {}
--[[
function hidden()
]]
function M.open(path)
  if path then
    return true
  end
end
local function helper() return 1 end
function M:close()
end
M.each = function(list)
  for _, x in ipairs(list) do
  end
end
return M
)"),
            (Lines{"method M.open 5-9", "function helper 10-10", "method M:close 11-12", "function M.each 13-16"}));
}

TEST(ScanLanguages, Sql) {
  EXPECT_EQ(Found(Language::kSql, R"(-- the people
CREATE TABLE IF NOT EXISTS public.people (
  id bigint PRIMARY KEY
);
create unique index people_id on people (id);
CREATE OR REPLACE FUNCTION touch() RETURNS trigger AS $$
BEGIN
  NEW.at = now();
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE PROCEDURE pay(amount INT)
BEGIN
  IF amount > 0 THEN
    SELECT 1;
  END IF;
END;
CREATE VIEW "old people" AS SELECT 1;
SELECT 1;
)"),
            (Lines{"table public.people 2-4", "table people_id 5-5", "function touch 6-11", "function pay 12-17",
                   "table \"old people\" 18-18"}));
}

TEST(ScanLanguages, Markdown) {
  EXPECT_EQ(Found(Language::kMarkdown, R"(---
title: x
---
Guide
=====
Text.

## Install ##
```sh
# not a heading
```
### Debian
#hashtag
Setext two
----------

## Use
)"),
            (Lines{"heading Guide 4-17", "heading Guide > Install 8-16", "heading Guide > Install > Debian 12-16",
                   "heading Guide > Use 17-17"}));
}

TEST(ScanLanguages, RestructuredText) {
  EXPECT_EQ(Found(Language::kRestructuredText, R"(=====
Title
=====

First
-----
text

Sub
~~~

Second
------
)"),
            (Lines{"heading Title 1-13", "heading Title > First 5-11", "heading Title > First > Sub 9-11",
                   "heading Title > Second 12-13"}));
}

TEST(ScanLanguages, AsciiDocAndLatex) {
  EXPECT_EQ(Found(Language::kAsciiDoc, "= Book\n\n== One\n----\n== code\n----\n== Two\n"),
            (Lines{"heading Book 1-7", "heading Book > One 3-6", "heading Book > Two 7-7"}));
  EXPECT_EQ(Found(Language::kLatex, "\\section{One}\nx\n\\subsection*{Deep}\n\\section{Two}\n"),
            (Lines{"heading One 1-3", "heading One > Deep 3-3", "heading Two 4-4"}));
}

TEST(ScanLanguages, ConfigurationAndBuildFiles) {
  EXPECT_EQ(Found(Language::kToml, "a = 1\n[server]\nport = 1\n[[bin]]\n"),
            (Lines{"section server 2-3", "section bin 4-4"}));
  EXPECT_EQ(Found(Language::kYaml, "# c\non: push\njobs:\n  build: x\n- item: no\n"),
            (Lines{"section on 2-2", "section jobs 3-5"}));
  EXPECT_EQ(Found(Language::kJson, "{\n  \"name\": \"x\",\n  \"deps\": {\n    \"a\": 1\n  }\n}\n"),
            (Lines{"section name 2-2", "section deps 3-6"}));
  EXPECT_EQ(Found(Language::kMakefile, "CC := gcc\nall: main.o\n\tlink\nclean:\n\trm\n"),
            (Lines{"section all 2-3", "section clean 4-5"}));
  EXPECT_EQ(Found(Language::kCmake, "function(make_it NAME)\nendfunction()\nadd_library(core a.cc)\n"),
            (Lines{"function make_it 1-2", "section core 3-3"}));
  EXPECT_EQ(Found(Language::kDockerfile, "FROM debian AS build\nRUN x\nFROM scratch\n"),
            (Lines{"section build 1-2", "section scratch 3-3"}));
  EXPECT_EQ(Found(Language::kCss, ".card > p {\n  color: red;\n}\n@media print {\n  a { }\n}\n"),
            (Lines{"section .card > p 1-3", "section @media print 4-6"}));
}

}  // namespace
}  // namespace attune::console
