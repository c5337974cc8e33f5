// The job that the guests of every SDK do (SdkGuestsTest), in C++ on the bare ABI.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

extern "C" {
IMPORT(proxy_log) uint32_t log_line(uint32_t, const char *, size_t);
IMPORT(proxy_get_header_map_value) uint32_t map_get(uint32_t, const char *, size_t, char **, size_t *);
IMPORT(proxy_add_header_map_value) uint32_t map_add(uint32_t, const char *, size_t, const char *, size_t);
IMPORT(proxy_replace_header_map_value) uint32_t map_set(uint32_t, const char *, size_t, const char *, size_t);
IMPORT(proxy_remove_header_map_value) uint32_t map_remove(uint32_t, const char *, size_t);
IMPORT(proxy_get_buffer_bytes) uint32_t buffer_get(uint32_t, size_t, size_t, char **, size_t *);
IMPORT(proxy_set_buffer_bytes) uint32_t buffer_set(uint32_t, size_t, size_t, const char *, size_t);
IMPORT(proxy_get_property) uint32_t property_get(const char *, size_t, char **, size_t *);
IMPORT(proxy_send_local_response)
uint32_t respond(uint32_t, const char *, size_t, const char *, size_t, const char *, size_t, uint32_t);
IMPORT(proxy_http_call)
uint32_t http_call(const char *, size_t, const char *, size_t, const char *, size_t, const char *, size_t, uint32_t, uint32_t *);
IMPORT(proxy_get_shared_data) uint32_t shared_get(const char *, size_t, char **, size_t *, uint32_t *);
IMPORT(proxy_set_shared_data) uint32_t shared_set(const char *, size_t, const char *, size_t, uint32_t);
IMPORT(proxy_define_metric) uint32_t metric_define(uint32_t, const char *, size_t, uint32_t *);
IMPORT(proxy_increment_metric) uint32_t metric_add(uint32_t, int64_t);
IMPORT(proxy_set_tick_period_milliseconds) uint32_t tick_period(uint32_t);
IMPORT(proxy_set_effective_context) uint32_t effective(uint32_t);
IMPORT(proxy_continue_stream) uint32_t go_on(uint32_t);
}

namespace {
using Fields = std::vector<std::pair<std::string, std::string>>;

enum Map { kRequest = 0, kResponse = 2, kCallResponse = 6 };
enum Buffer { kRequestBody = 0, kResponseBody = 1, kCallBody = 4, kConfiguration = 7 };

std::string config;
uint32_t requests, logged;
std::map<uint32_t, uint32_t> calls;  // by token, the stream that waits

std::string take(char *data, size_t size) {
  std::string text(data ? data : "", data ? size : 0);
  free(data);
  return text;
}
std::string header(Map map, const std::string &name) {
  char *data = nullptr;
  size_t size = 0;
  map_get(map, name.data(), name.size(), &data, &size);
  return take(data, size);
}
void add(Map map, const std::string &name, const std::string &value) {
  map_add(map, name.data(), name.size(), value.data(), value.size());
}
void erase(Map map, const std::string &name) { map_remove(map, name.data(), name.size()); }
std::string bytes(Buffer buffer, size_t size) {
  char *data = nullptr;
  size_t got = 0;
  buffer_get(buffer, 0, size, &data, &got);
  return take(data, got);
}
void replace(Buffer buffer, size_t size, const std::string &with) {
  buffer_set(buffer, 0, size, with.data(), with.size());
}
std::string serialize(const Fields &fields) {
  std::string out;
  auto number = [&out](uint32_t n) { out.append(reinterpret_cast<const char *>(&n), 4); };
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
std::string shared(const std::string &key, uint32_t *cas) {
  char *data = nullptr;
  size_t size = 0;
  shared_get(key.data(), key.size(), &data, &size, cas);
  return take(data, size);
}
uint32_t counter(const std::string &name) {
  uint32_t id = 0;
  metric_define(0, name.data(), name.size(), &id);
  return id;
}
}  // namespace

EXPORT(proxy_abi_version_0_2_1) void abi_version() {}
EXPORT(proxy_on_memory_allocate) void *allocate(size_t size) { return malloc(size); }
EXPORT(proxy_on_context_create) void on_context_create(uint32_t, uint32_t) {}
EXPORT(proxy_on_vm_start) uint32_t on_vm_start(uint32_t, uint32_t) { return 1; }

EXPORT(proxy_on_configure) uint32_t on_configure(uint32_t, uint32_t size) {
  config = bytes(kConfiguration, size);
  requests = counter("sdk_requests");
  logged = counter("sdk_logged");
  std::string line = "configured with " + std::to_string(size) + " bytes";
  log_line(2, line.data(), line.size());
  return tick_period(50) == 0;
}

EXPORT(proxy_on_tick) void on_tick(uint32_t) {
  uint32_t cas = 0;
  std::string next = std::to_string(atoi(shared("ticks", &cas).c_str()) + 1);
  shared_set("ticks", 5, next.data(), next.size(), cas);
}

EXPORT(proxy_on_request_headers) uint32_t on_request_headers(uint32_t context, uint32_t, uint32_t) {
  char *data = nullptr;
  size_t size = 0;
  property_get("request\0path", 12, &data, &size);
  std::string path = take(data, size);
  add(kRequest, "x-config", config);
  add(kRequest, "x-agent", header(kRequest, "user-agent"));
  map_set(kRequest, "x-path", 6, path.data(), path.size());
  erase(kRequest, "x-gone");
  erase(kRequest, "content-length");
  if (path == "/denied") {
    std::string headers = serialize({{"x-by", "guest"}});
    respond(403, "", 0, "no", 2, headers.data(), headers.size(), -1);
    return 1;
  }
  if (path == "/call") {
    std::string headers = serialize({{":method", "GET"}, {":path", "/answer"}, {":authority", "up"}});
    uint32_t token = 0;
    if (http_call("up", 2, headers.data(), headers.size(), "", 0, "", 0, 5000, &token) == 0) {
      calls[token] = context;
      return 1;
    }
  }
  return 0;
}

EXPORT(proxy_on_http_call_response) void on_call(uint32_t, uint32_t token, uint32_t, uint32_t size, uint32_t) {
  std::string called = header(kCallResponse, "x-answer") + " " + bytes(kCallBody, size);
  effective(calls[token]);
  calls.erase(token);
  add(kRequest, "x-called", called);
  go_on(0);
}

EXPORT(proxy_on_request_body) uint32_t on_request_body(uint32_t, uint32_t size, uint32_t end) {
  if (!end) return 1;
  replace(kRequestBody, size, "[" + bytes(kRequestBody, size) + "]");
  return 0;
}

EXPORT(proxy_on_response_headers) uint32_t on_response_headers(uint32_t, uint32_t, uint32_t) {
  uint32_t cas = 0;
  metric_add(requests, 1);
  add(kResponse, "x-ticks", shared("ticks", &cas));
  erase(kResponse, "content-length");
  return 0;
}

EXPORT(proxy_on_response_body) uint32_t on_response_body(uint32_t, uint32_t size, uint32_t end) {
  if (!end) return 1;
  replace(kResponseBody, size, "<" + bytes(kResponseBody, size) + ">");
  return 0;
}

EXPORT(proxy_on_log) void on_log(uint32_t) { metric_add(logged, 1); }
EXPORT(proxy_on_done) uint32_t on_done(uint32_t) { return 1; }
EXPORT(proxy_on_delete) void on_delete(uint32_t) {}
