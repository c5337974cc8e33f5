#include <sluice/json.hpp>
#include <sluice/plugin.hpp>

namespace {
class Plugin : public sluice::Plugin {
 public:
  bool onConfigure(std::string_view text) override {
    auto config = sluice::Json::parse(text);
    if (!text.empty() && !config) {
      sluice::log(sluice::Level::Error, "configuration: not JSON");
      return false;
    }
    if (config) {
      header = (*config)["header"].text(header);
      value = (*config)["value"].text(value);
    }
    return true;
  }

  std::unique_ptr<sluice::Stream> newStream() override;

  std::string header = "x-{{name}}";
  std::string value = "hello";
};

class Stream : public sluice::Stream {
 public:
  explicit Stream(const Plugin &plugin) : plugin(plugin) {}

  sluice::Status onResponseHeaders(bool) override {
    sluice::responseHeaders.set(plugin.header, plugin.value);
    return sluice::Status::Continue;
  }

 private:
  const Plugin &plugin;
};

std::unique_ptr<sluice::Stream> Plugin::newStream() { return std::make_unique<Stream>(*this); }
}  // namespace

SLUICE_PLUGIN(Plugin)
