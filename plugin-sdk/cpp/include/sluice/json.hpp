// Reads JSON (RFC 8259), without exceptions: what a plugin is configured with.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

/// Is a value of JSON. What is not there or is of another kind answers the default.
class Json {
 public:
  /// Returns the value that a text is, or nothing when it is not JSON.
  static std::optional<Json> parse(std::string_view text) {
    Reader reader{text};
    Json value;
    if (!reader.value(value, 0)) return std::nullopt;
    reader.blank();
    if (reader.at != text.size()) return std::nullopt;
    return value;
  }

  bool isNull() const { return kind == Kind::Null; }
  std::string text(std::string_view otherwise = "") const {
    return kind == Kind::Text ? string : std::string(otherwise);
  }
  double number(double otherwise = 0) const { return kind == Kind::Number ? amount : otherwise; }
  bool boolean(bool otherwise = false) const { return kind == Kind::Boolean ? amount != 0 : otherwise; }

  /// Returns the member of an object; null when there is none.
  const Json &operator[](std::string_view name) const {
    for (const auto &[key, value] : members)
      if (key == name) return value;
    static const Json none;
    return none;
  }
  /// Returns the elements of an array.
  const std::vector<Json> &elements() const { return items; }

 private:
  enum class Kind { Null, Boolean, Number, Text, Array, Object };
  static constexpr int kDepth = 64;

  Kind kind = Kind::Null;
  double amount = 0;
  std::string string;
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;

  struct Reader {
    std::string_view in;
    size_t at = 0;

    void blank() {
      while (at < in.size() && (in[at] == ' ' || in[at] == '\t' || in[at] == '\n' || in[at] == '\r')) at++;
    }
    bool take(char c) {
      blank();
      if (at >= in.size() || in[at] != c) return false;
      at++;
      return true;
    }
    bool word(std::string_view expected) {
      if (in.substr(at, expected.size()) != expected) return false;
      at += expected.size();
      return true;
    }
    bool value(Json &out, int depth) {
      blank();
      if (at >= in.size() || depth > kDepth) return false;
      switch (in[at]) {
        case '{': return object(out, depth);
        case '[': return array(out, depth);
        case '"':
          out.kind = Kind::Text;
          return text(out.string);
        case 't':
        case 'f':
          out.kind = Kind::Boolean;
          out.amount = in[at] == 't';
          return word(out.amount != 0 ? "true" : "false");
        case 'n': return word("null");
        default: return number(out);
      }
    }
    bool object(Json &out, int depth) {
      out.kind = Kind::Object;
      at++;
      if (take('}')) return true;
      do {
        std::pair<std::string, Json> member;
        blank();
        if (!text(member.first) || !take(':') || !value(member.second, depth + 1)) return false;
        out.members.push_back(std::move(member));
      } while (take(','));
      return take('}');
    }
    bool array(Json &out, int depth) {
      out.kind = Kind::Array;
      at++;
      if (take(']')) return true;
      do {
        Json item;
        if (!value(item, depth + 1)) return false;
        out.items.push_back(std::move(item));
      } while (take(','));
      return take(']');
    }
    bool number(Json &out) {
      size_t end = in.find_first_not_of("+-.0123456789eE", at);
      std::string digits(in.substr(at, end == std::string_view::npos ? end : end - at));
      char *stop = nullptr;
      out.kind = Kind::Number;
      out.amount = strtod(digits.c_str(), &stop);
      at += digits.size();
      return !digits.empty() && *stop == '\0';
    }
    bool text(std::string &out) {
      if (at >= in.size() || in[at] != '"') return false;
      for (at++; at < in.size(); at++) {
        char c = in[at];
        if (c == '"') {
          at++;
          return true;
        }
        if (static_cast<unsigned char>(c) < 0x20) return false;
        if (c == '\\' ? !escape(out) : (out.push_back(c), false)) return false;
      }
      return false;
    }
    // Leaves `at` on the last character of the escape.
    bool escape(std::string &out) {
      if (++at >= in.size()) return false;
      static constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
      if (size_t found = kNames.find(in[at]); found != std::string_view::npos) {
        out.push_back(kValues[found]);
        return true;
      }
      uint32_t code = 0;
      if (in[at] != 'u' || !hex(code)) return false;
      if (code >= 0xd800 && code < 0xdc00 && in.substr(at + 1, 2) == "\\u") {
        uint32_t low = 0;
        at += 2;
        if (!hex(low) || low < 0xdc00 || low > 0xdfff) return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      }
      utf8(out, code);
      return true;
    }
    bool hex(uint32_t &code) {
      for (int i = 0; i < 4; i++) {
        if (++at >= in.size()) return false;
        char c = in[at];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0) return false;
        code = code * 16 + digit;
      }
      return true;
    }
    static void utf8(std::string &out, uint32_t code) {
      if (code < 0x80) {
        out.push_back(static_cast<char>(code));
        return;
      }
      int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
      static constexpr unsigned char kHeads[] = {0, 0xc0, 0xe0, 0xf0};
      out.push_back(static_cast<char>(kHeads[more] | code >> (6 * more)));
      while (more-- > 0) out.push_back(static_cast<char>(0x80 | (code >> (6 * more) & 0x3f)));
    }
  };
};

}  // namespace sluice
