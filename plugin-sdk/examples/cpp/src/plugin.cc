#include <sluice/json.hpp>
#include <sluice/plugin.hpp>

namespace {
void number(std::string &to, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<char>(value >> shift));
}

uint32_t first(const std::string &answer) {
  uint32_t value = 0;
  for (size_t i = 4; i > 0 && answer.size() > 4; i--) value = value << 8 | static_cast<unsigned char>(answer[i]);
  return value;
}

class Plugin : public sluice::Plugin {
 public:
  bool onConfigure(std::string_view text) override {
    auto config = sluice::Json::parse(text.empty() ? "{}" : text);
    if (!config) return false;
    header = (*config)["header"].text("x-checked");
    std::vector<std::string> expressions;
    for (const auto &each : (*config)["patterns"].elements()) expressions.push_back(each.text());
    if (expressions.empty())
      expressions = {"AKIA[0-9A-Z]{16}", "ghp_[0-9A-Za-z]{36}", "-----BEGIN [A-Z ]*PRIVATE KEY-----"};
    refused = {sluice::Metric::Type::Counter, "refused"};
    // Has the host hold headers while the body is looked at (ABI.md, Host features).
    return sluice::call("sluice.host.enable", std::string_view("\1\1\0\0\0", 5)) && compile(expressions);
  }

  std::unique_ptr<sluice::Stream> newStream() override;

  /// Says whether a pattern matches anywhere (ABI.md, Patterns).
  bool matches(const std::string &text) const {
    std::string arguments(1, '\1');
    number(arguments, set);
    number(arguments, 1);
    number(arguments, static_cast<uint32_t>(text.size()));
    auto answer = sluice::call("sluice.patterns.scan", arguments.append(text));
    if (!answer) __builtin_trap();  // fails the exchange by failStrategy
    return first(*answer) > 0;
  }

  std::string header;
  sluice::Metric refused;

 private:
  bool compile(const std::vector<std::string> &expressions) {
    std::string arguments(1, '\1');
    number(arguments, static_cast<uint32_t>(expressions.size()));
    for (const auto &expression : expressions) {
      arguments.append("\1\0", 2);
      number(arguments, static_cast<uint32_t>(expression.size()));
      arguments.append(expression);
    }
    auto answer = sluice::call("sluice.patterns.compile", arguments);
    set = answer ? first(*answer) : 0;
    return set != 0;
  }

  uint32_t set = 0;
};

class Stream : public sluice::Stream {
 public:
  explicit Stream(const Plugin &plugin) : plugin(plugin) {}

  sluice::Status onRequestHeaders(bool endOfStream) override {
    return endOfStream ? sluice::Status::Continue : sluice::Status::StopIteration;
  }

  sluice::Status onRequestBody(size_t, bool endOfStream) override {
    if (!endOfStream) return sluice::Status::StopIteration;
    auto chat = sluice::Json::parse(sluice::requestBody.text());
    if (!chat || (*chat)["messages"].isNull()) return refuse(400, "the body is not a chat request");
    std::string texts;
    int count = 0;
    auto add = [&](const sluice::Json &text) {
      if (text.isNull()) return;
      texts.append(text.text()).push_back('\n');
      count++;
    };
    for (const auto &message : (*chat)["messages"].elements()) {
      const auto &content = message["content"];
      if (content.elements().empty()) add(content);
      for (const auto &part : content.elements()) add(part["text"]);
    }
    if (plugin.matches(texts)) {
      plugin.refused.add();
      return refuse(403, "the prompt carries a credential");
    }
    sluice::requestHeaders.set(plugin.header, std::to_string(count));
    return sluice::Status::Continue;
  }

 private:
  static sluice::Status refuse(uint32_t status, const std::string &why) {
    sluice::respond(status, "{\"error\":\"" + why + "\"}", {{"content-type", "application/json"}});
    return sluice::Status::StopIteration;
  }

  const Plugin &plugin;
};

std::unique_ptr<sluice::Stream> Plugin::newStream() { return std::make_unique<Stream>(*this); }
}  // namespace

SLUICE_PLUGIN(Plugin)
