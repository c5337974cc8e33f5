// Writes plugins in C++ on the proxy-wasm ABI 0.2.1: derive Plugin and Stream, and name the plugin by SLUICE_PLUGIN in
// one file. Needs no library but the standard one; build with a WASI toolchain and -mexec-model=reactor.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::abi {
#define SLUICE_IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
extern "C" {
SLUICE_IMPORT(proxy_log) uint32_t log_line(uint32_t, const char *, size_t);
SLUICE_IMPORT(proxy_get_header_map_value) uint32_t map_get(uint32_t, const char *, size_t, char **, size_t *);
SLUICE_IMPORT(proxy_add_header_map_value) uint32_t map_add(uint32_t, const char *, size_t, const char *, size_t);
SLUICE_IMPORT(proxy_replace_header_map_value) uint32_t map_set(uint32_t, const char *, size_t, const char *, size_t);
SLUICE_IMPORT(proxy_remove_header_map_value) uint32_t map_remove(uint32_t, const char *, size_t);
SLUICE_IMPORT(proxy_get_buffer_bytes) uint32_t buffer_get(uint32_t, size_t, size_t, char **, size_t *);
SLUICE_IMPORT(proxy_set_buffer_bytes) uint32_t buffer_set(uint32_t, size_t, size_t, const char *, size_t);
SLUICE_IMPORT(proxy_get_property) uint32_t property_get(const char *, size_t, char **, size_t *);
SLUICE_IMPORT(proxy_set_property) uint32_t property_set(const char *, size_t, const char *, size_t);
SLUICE_IMPORT(proxy_send_local_response)
uint32_t respond(uint32_t, const char *, size_t, const char *, size_t, const char *, size_t, uint32_t);
SLUICE_IMPORT(proxy_http_call)
uint32_t http_call(
    const char *, size_t, const char *, size_t, const char *, size_t, const char *, size_t, uint32_t, uint32_t *);
SLUICE_IMPORT(proxy_call_foreign_function)
uint32_t foreign(const char *, size_t, const char *, size_t, char **, size_t *);
SLUICE_IMPORT(proxy_define_metric) uint32_t metric_define(uint32_t, const char *, size_t, uint32_t *);
SLUICE_IMPORT(proxy_increment_metric) uint32_t metric_add(uint32_t, int64_t);
SLUICE_IMPORT(proxy_record_metric) uint32_t metric_set(uint32_t, uint64_t);
SLUICE_IMPORT(proxy_get_current_time_nanoseconds) uint32_t now(uint64_t *);
SLUICE_IMPORT(proxy_set_tick_period_milliseconds) uint32_t tick_period(uint32_t);
SLUICE_IMPORT(proxy_set_effective_context) uint32_t effective(uint32_t);
SLUICE_IMPORT(proxy_continue_stream) uint32_t go_on(uint32_t);
}
#undef SLUICE_IMPORT

/// Returns what a host call answered in memory that belongs to the guest.
template <typename Call>
std::optional<std::string> answer(Call call) {
  char *data = nullptr;
  size_t size = 0;
  if (call(&data, &size) != 0) return std::nullopt;
  std::string text(data ? data : "", data ? size : 0);
  free(data);
  return text;
}
}  // namespace sluice::abi

namespace sluice {

/// Says what becomes of the message that a callback saw.
enum class Status : uint32_t { Continue = 0, StopIteration = 1 };

enum class Level : uint32_t { Trace, Debug, Info, Warn, Error, Critical };

using Fields = std::vector<std::pair<std::string, std::string>>;

inline void log(Level level, std::string_view line) {
  abi::log_line(static_cast<uint32_t>(level), line.data(), line.size());
}

/// Returns the nanoseconds since 1970.
inline uint64_t now() {
  uint64_t nanos = 0;
  abi::now(&nanos);
  return nanos;
}

/// Is the header or trailer fields of a message; names are in lower case.
class Headers {
 public:
  explicit constexpr Headers(uint32_t map) : map(map) {}

  /// Returns the first value of a name.
  std::optional<std::string> get(std::string_view name) const {
    auto found = abi::answer([&](char **data, size_t *size) {
      return abi::map_get(map, name.data(), name.size(), data, size);
    });
    return found;
  }
  std::string get(std::string_view name, std::string_view otherwise) const {
    return get(name).value_or(std::string(otherwise));
  }
  /// Replaces all values of a name.
  void set(std::string_view name, std::string_view value) const {
    abi::map_set(map, name.data(), name.size(), value.data(), value.size());
  }
  void add(std::string_view name, std::string_view value) const {
    abi::map_add(map, name.data(), name.size(), value.data(), value.size());
  }
  void remove(std::string_view name) const { abi::map_remove(map, name.data(), name.size()); }

 private:
  uint32_t map;
};

inline constexpr Headers requestHeaders{0}, requestTrailers{1}, responseHeaders{2}, responseTrailers{3};

/// Is the bytes that the running callback sees.
class Body {
 public:
  explicit constexpr Body(uint32_t buffer) : buffer(buffer) {}

  std::string text(size_t from = 0, size_t size = SIZE_MAX >> 1) const {
    auto found = abi::answer([&](char **data, size_t *got) {
      return abi::buffer_get(buffer, from, size, data, got);
    });
    return found.value_or("");
  }
  /// Replaces all of it. `content-length` is corrected while the headers are held back.
  void set(std::string_view text) const { abi::buffer_set(buffer, 0, SIZE_MAX >> 1, text.data(), text.size()); }

 private:
  uint32_t buffer;
};

inline constexpr Body requestBody{0}, responseBody{1};

/// Is a counter, gauge or histogram; define it in onConfigure.
class Metric {
 public:
  enum class Type : uint32_t { Counter, Gauge, Histogram };

  Metric() = default;
  Metric(Type type, std::string_view name) {
    abi::metric_define(static_cast<uint32_t>(type), name.data(), name.size(), &id);
  }
  void add(int64_t delta = 1) const { abi::metric_add(id, delta); }
  void record(uint64_t value) const { abi::metric_set(id, value); }

 private:
  uint32_t id = 0;
};

/// Returns an attribute of the exchange: property({"request", "path"}).
inline std::optional<std::string> property(std::initializer_list<std::string_view> path) {
  std::string joined;
  for (auto part : path) joined.append(joined.empty() ? "" : std::string_view("\0", 1)).append(part);
  return abi::answer([&](char **data, size_t *size) {
    return abi::property_get(joined.data(), joined.size(), data, size);
  });
}

/// Calls a function of the host that proxy-wasm has no import for (plugin-sdk/ABI.md): nothing when it fails.
inline std::optional<std::string> call(std::string_view function, std::string_view arguments) {
  return abi::answer([&](char **data, size_t *size) {
    return abi::foreign(function.data(), function.size(), arguments.data(), arguments.size(), data, size);
  });
}

namespace internal {
inline std::string serialize(const Fields &fields) {
  std::string out;
  auto number = [&out](size_t n) {
    for (int i = 0; i < 4; i++) out.push_back(static_cast<char>(n >> (8 * i)));
  };
  number(fields.size());
  for (const auto &[name, value] : fields) {
    number(name.size());
    number(value.size());
  }
  for (const auto &[name, value] : fields) {
    out.append(name).push_back('\0');
    out.append(value).push_back('\0');
  }
  return out;
}
}  // namespace internal

/// Answers in place of the upstream; return StopIteration afterwards.
inline void respond(uint32_t status, std::string_view body = "", const Fields &headers = {}) {
  auto fields = internal::serialize(headers);
  abi::respond(status, "", 0, body.data(), body.size(), fields.data(), fields.size(), UINT32_MAX);
}

/// Is an answer to a callout; empty headers when there was none.
struct CallResponse {
  Headers headers{6};
  std::string body;
};
using CallCallback = std::function<void(const CallResponse &)>;

/// Is one exchange. While a callback returned StopIteration the message waits; resumeRequest and resumeResponse let it go.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual Status onRequestHeaders(bool /*endOfStream*/) { return Status::Continue; }
  virtual Status onRequestBody(size_t /*size*/, bool /*endOfStream*/) { return Status::Continue; }
  virtual Status onRequestTrailers() { return Status::Continue; }
  virtual Status onResponseHeaders(bool /*endOfStream*/) { return Status::Continue; }
  virtual Status onResponseBody(size_t /*size*/, bool /*endOfStream*/) { return Status::Continue; }
  virtual Status onResponseTrailers() { return Status::Continue; }
  virtual void onLog() {}

  static void resumeRequest() { abi::go_on(0); }
  static void resumeResponse() { abi::go_on(1); }

  /// Calls an upstream that was granted; false when that cannot begin. `then` runs unless the exchange ends before.
  bool fetch(
      std::string_view upstream, const Fields &headers, std::string_view body, uint32_t timeoutMillis,
      CallCallback then);

  uint32_t id = 0;
};

/// Is a configured plugin.
class Plugin {
 public:
  virtual ~Plugin() = default;
  /// Takes `pluginConfig` as JSON, empty when there is none; false refuses it.
  virtual bool onConfigure(std::string_view) { return true; }
  virtual std::unique_ptr<Stream> newStream() = 0;
  virtual void onTick() {}
  static void setTickPeriod(uint32_t millis) { abi::tick_period(millis); }
};

namespace internal {
struct Call {
  uint32_t stream;
  CallCallback then;
};
struct World {
  std::map<uint32_t, std::unique_ptr<Plugin>> plugins;
  std::map<uint32_t, std::unique_ptr<Stream>> streams;
  std::map<uint32_t, Call> calls;
};
inline World world;

/// Runs a callback of a stream; what is gone continues.
template <typename Callback>
uint32_t on(uint32_t id, Callback callback) {
  auto found = world.streams.find(id);
  return found == world.streams.end() ? 0 : static_cast<uint32_t>(callback(*found->second));
}
}  // namespace internal

inline bool Stream::fetch(
    std::string_view upstream, const Fields &headers, std::string_view body, uint32_t timeoutMillis,
    CallCallback then) {
  auto fields = internal::serialize(headers);
  uint32_t token = 0;
  auto status = abi::http_call(
      upstream.data(), upstream.size(), fields.data(), fields.size(), body.data(), body.size(), "\0\0\0\0", 4,
      timeoutMillis, &token);
  if (status != 0) return false;
  internal::world.calls[token] = {id, std::move(then)};
  return true;
}
}  // namespace sluice

#define SLUICE_EXPORT(name) extern "C" __attribute__((export_name(#name), used))

/// Names the plugin of this module; once, outside of any namespace.
#define SLUICE_PLUGIN(Type)                                                                                           \
  SLUICE_EXPORT(proxy_abi_version_0_2_1) void sluice_abi() {}                                                         \
  SLUICE_EXPORT(proxy_on_memory_allocate) void *sluice_allocate(size_t size) { return malloc(size); }                 \
  SLUICE_EXPORT(proxy_on_vm_start) uint32_t sluice_vm_start(uint32_t, uint32_t) { return 1; }                         \
  SLUICE_EXPORT(proxy_on_context_create) void sluice_create(uint32_t id, uint32_t parent) {                           \
    using namespace sluice::internal;                                                                                 \
    if (parent == 0) {                                                                                                \
      world.plugins[id] = std::make_unique<Type>();                                                                   \
    } else if (auto plugin = world.plugins.find(parent); plugin != world.plugins.end()) {                             \
      auto stream = plugin->second->newStream();                                                                      \
      stream->id = id;                                                                                                \
      world.streams[id] = std::move(stream);                                                                          \
    }                                                                                                                 \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_configure) uint32_t sluice_configure(uint32_t root, uint32_t) {                              \
    return sluice::internal::world.plugins[root]->onConfigure(sluice::Body{7}.text());                                \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_tick) void sluice_tick(uint32_t root) { sluice::internal::world.plugins[root]->onTick(); }   \
  SLUICE_EXPORT(proxy_on_request_headers) uint32_t sluice_request_headers(uint32_t id, uint32_t, uint32_t end) {      \
    return sluice::internal::on(id, [&](auto &stream) { return stream.onRequestHeaders(end); });                      \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_request_body) uint32_t sluice_request_body(uint32_t id, uint32_t size, uint32_t end) {       \
    return sluice::internal::on(id, [&](auto &stream) { return stream.onRequestBody(size, end); });                   \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_request_trailers) uint32_t sluice_request_trailers(uint32_t id, uint32_t) {                  \
    return sluice::internal::on(id, [&](auto &stream) { return stream.onRequestTrailers(); });                        \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_response_headers) uint32_t sluice_response_headers(uint32_t id, uint32_t, uint32_t end) {    \
    return sluice::internal::on(id, [&](auto &stream) { return stream.onResponseHeaders(end); });                     \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_response_body) uint32_t sluice_response_body(uint32_t id, uint32_t size, uint32_t end) {     \
    return sluice::internal::on(id, [&](auto &stream) { return stream.onResponseBody(size, end); });                  \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_response_trailers) uint32_t sluice_response_trailers(uint32_t id, uint32_t) {                \
    return sluice::internal::on(id, [&](auto &stream) { return stream.onResponseTrailers(); });                       \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_http_call_response)                                                                          \
  void sluice_called(uint32_t, uint32_t token, uint32_t, uint32_t size, uint32_t) {                                   \
    using namespace sluice::internal;                                                                                 \
    auto call = world.calls.find(token);                                                                              \
    if (call == world.calls.end()) return;                                                                            \
    auto done = std::move(call->second);                                                                              \
    world.calls.erase(call);                                                                                          \
    if (!world.streams.contains(done.stream)) return;                                                                 \
    sluice::CallResponse response;                                                                                    \
    response.body = size ? sluice::Body{4}.text() : "";                                                               \
    sluice::abi::effective(done.stream);                                                                              \
    done.then(response);                                                                                              \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_log) void sluice_log(uint32_t id) {                                                          \
    sluice::internal::on(id, [](auto &stream) { return stream.onLog(), 0; });                                         \
  }                                                                                                                   \
  SLUICE_EXPORT(proxy_on_done) uint32_t sluice_done(uint32_t) { return 1; }                                           \
  SLUICE_EXPORT(proxy_on_delete) void sluice_delete(uint32_t id) {                                                    \
    sluice::internal::world.streams.erase(id);                                                                        \
    sluice::internal::world.plugins.erase(id);                                                                        \
  }
