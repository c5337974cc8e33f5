// Does what the lines of its configuration say, and logs what it sees: the same in every host of proxy-wasm ABI 0.2.1.
//
//   id NAME                      every line of the log begins with [NAME]
//   CALLBACK: STEP; STEP; …      what a callback does, for the names in run() below; further lines go on
//
// A step is an operation with words behind it; _ stands for no text and ~ for a space. Before it may stand end: (only
// when the stream ends), more: (only when it does not) or a digit and : (only the first, second … time).
#include <stddef.h>
#include <stdint.h>

typedef uint32_t u32;
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

IMPORT(proxy_log) u32 proxy_log(u32 level, const char *text, u32 size);
IMPORT(proxy_get_header_map_value) u32 map_get(u32 map, const char *key, u32 key_size, char **value, u32 *size);
IMPORT(proxy_add_header_map_value) u32 map_add(u32 map, const char *key, u32 key_size, const char *value, u32 size);
IMPORT(proxy_replace_header_map_value) u32 map_replace(u32 map, const char *key, u32 key_size, const char *value, u32 size);
IMPORT(proxy_remove_header_map_value) u32 map_remove(u32 map, const char *key, u32 key_size);
IMPORT(proxy_get_header_map_pairs) u32 map_pairs(u32 map, char **data, u32 *size);
IMPORT(proxy_set_header_map_pairs) u32 map_set_pairs(u32 map, const char *data, u32 size);
IMPORT(proxy_get_header_map_size) u32 map_size(u32 map, u32 *size);
IMPORT(proxy_get_buffer_bytes) u32 buffer_get(u32 buffer, u32 start, u32 size, char **data, u32 *got);
IMPORT(proxy_set_buffer_bytes) u32 buffer_set(u32 buffer, u32 start, u32 size, const char *data, u32 data_size);
IMPORT(proxy_get_buffer_status) u32 buffer_status(u32 buffer, u32 *size, u32 *flags);
IMPORT(proxy_send_local_response) u32 local_response(u32 status, const char *details, u32 details_size, const char *body,
                                                     u32 body_size, const char *headers, u32 headers_size, u32 grpc);
IMPORT(proxy_get_property) u32 property_get(const char *path, u32 size, char **value, u32 *value_size);
IMPORT(proxy_set_property) u32 property_set(const char *path, u32 size, const char *value, u32 value_size);
IMPORT(proxy_http_call) u32 http_call(const char *upstream, u32 upstream_size, const char *headers, u32 headers_size,
                                      const char *body, u32 body_size, const char *trailers, u32 trailers_size, u32 timeout,
                                      u32 *token);
IMPORT(proxy_get_shared_data) u32 shared_get(const char *key, u32 size, char **value, u32 *value_size, u32 *cas);
IMPORT(proxy_set_shared_data) u32 shared_set(const char *key, u32 size, const char *value, u32 value_size, u32 cas);
IMPORT(proxy_register_shared_queue) u32 queue_register(const char *name, u32 size, u32 *id);
IMPORT(proxy_resolve_shared_queue) u32 queue_resolve(const char *vm, u32 vm_size, const char *name, u32 size, u32 *id);
IMPORT(proxy_enqueue_shared_queue) u32 queue_put(u32 id, const char *data, u32 size);
IMPORT(proxy_dequeue_shared_queue) u32 queue_take(u32 id, char **data, u32 *size);
IMPORT(proxy_define_metric) u32 metric_define(u32 type, const char *name, u32 size, u32 *id);
IMPORT(proxy_increment_metric) u32 metric_increment(u32 id, int64_t by);
IMPORT(proxy_record_metric) u32 metric_record(u32 id, uint64_t value);
IMPORT(proxy_get_metric) u32 metric_get(u32 id, uint64_t *value);
IMPORT(proxy_set_tick_period_milliseconds) u32 tick_period(u32 millis);
IMPORT(proxy_set_effective_context) u32 effective(u32 context);
IMPORT(proxy_continue_stream) u32 continue_stream(u32 stream);
IMPORT(proxy_close_stream) u32 close_stream(u32 stream);
IMPORT(proxy_done) u32 done(void);
IMPORT(proxy_get_log_level) u32 log_level(u32 *level);
IMPORT(proxy_call_foreign_function) u32 foreign(const char *name, u32 size, const char *args, u32 args_size, char **result,
                                                u32 *result_size);
IMPORT(proxy_grpc_call) u32 grpc_call(const char *upstream, u32 upstream_size, const char *service, u32 service_size,
                                      const char *method, u32 method_size, const char *metadata, u32 metadata_size,
                                      const char *message, u32 message_size, u32 timeout, u32 *call);
IMPORT(proxy_grpc_stream) u32 grpc_stream(const char *upstream, u32 upstream_size, const char *service, u32 service_size,
                                          const char *method, u32 method_size, const char *metadata, u32 metadata_size,
                                          u32 *call);
IMPORT(proxy_grpc_send) u32 grpc_send(u32 call, const char *message, u32 size, u32 end);
IMPORT(proxy_grpc_cancel) u32 grpc_cancel(u32 call);
IMPORT(proxy_grpc_close) u32 grpc_close(u32 call);
IMPORT(proxy_get_status) u32 get_status(u32 *code, char **message, u32 *size);

extern char __heap_base;
static u32 heap;
static char script[65536], out[65536];
static u32 script_size, out_size;
static char id[32];
static u32 id_size;
static u32 stream_context, calls[32], closed_by;

EXPORT(proxy_abi_version_0_2_1) void abi(void) {}

// What the host gives is used at once, so the same memory serves again and again.
EXPORT(proxy_on_memory_allocate) void *allocate(u32 size) {
  if (!heap) heap = ((u32)&__heap_base + 15) & ~15u;
  if (heap + size > ((u32)&__heap_base) + 400000) heap = ((u32)&__heap_base + 15) & ~15u;
  void *at = (void *)heap;
  heap += (size + 15) & ~15u;
  return at;
}

void *memcpy(void *to, const void *from, size_t size) {
  for (size_t i = 0; i < size; i++) ((char *)to)[i] = ((const char *)from)[i];
  return to;
}

static void put(const char *text, u32 size) {
  for (u32 i = 0; i < size && out_size < sizeof out; i++) {
    unsigned char c = text[i];
    if (c >= 32 && c < 127) {
      out[out_size++] = c;
    } else {
      const char *hex = "0123456789abcdef";
      if (out_size + 4 > sizeof out) return;
      out[out_size++] = '\\';
      out[out_size++] = 'x';
      out[out_size++] = hex[c >> 4];
      out[out_size++] = hex[c & 15];
    }
  }
}
static void word(const char *text) { u32 n = 0; while (text[n]) n++; put(text, n); }
static void number(uint64_t value) {
  char digits[20];
  int n = 0;
  do digits[n++] = '0' + value % 10; while (value /= 10);
  while (n) put(&digits[--n], 1);
}
static void begin(void) { out_size = 0; word("["); put(id, id_size); word("] "); }
static void flush(void) { proxy_log(3, out, out_size); }

typedef struct { const char *at; u32 size; } text;
static text words[24];
static u32 word_count;
static char unescaped[16384];

static int is(text t, const char *s) {
  u32 n = 0;
  while (s[n]) { if (n >= t.size || t.at[n] != s[n]) return 0; n++; }
  return n == t.size;
}
static u32 value(text t) {
  u32 n = 0, i = 0, negative = t.size && t.at[0] == '-';
  for (i = negative; i < t.size; i++) n = n * 10 + (t.at[i] - '0');
  return negative ? -n : n;
}
static void status(const char *what, u32 code) { begin(); word(what); word(" -> "); number(code); flush(); }

// Serializes words from the given one on as a map.
static u32 pairs_from(u32 first, char *to) {
  u32 n = 0, count = first < word_count ? (word_count - first) / 2 : 0, at = 4 + count * 8;
  if (!count) return 0;
  memcpy(to, &count, 4);
  for (u32 i = first; i + 1 < word_count; i += 2, n++) {
    memcpy(to + 4 + n * 8, &words[i].size, 4);
    memcpy(to + 8 + n * 8, &words[i + 1].size, 4);
    memcpy(to + at, words[i].at, words[i].size); at += words[i].size; to[at++] = 0;
    memcpy(to + at, words[i + 1].at, words[i + 1].size); at += words[i + 1].size; to[at++] = 0;
  }
  return at;
}

static void log_pairs(u32 map) {
  char *data = 0;
  u32 size = 0, code = map_pairs(map, &data, &size), count = 0;
  begin(); word("pairs -> "); number(code);
  if (size >= 4) memcpy(&count, data, 4);
  u32 at = 4 + count * 8;
  for (u32 i = 0; i < count; i++) {
    u32 key, val;
    memcpy(&key, data + 4 + i * 8, 4);
    memcpy(&val, data + 8 + i * 8, 4);
    word(" "); put(data + at, key); word("="); put(data + at + key + 1, val);
    at += key + val + 2;
  }
  flush();
}

// Writes an envoy.config.core.v3.GrpcService that names a cluster.
static u32 grpc_service(text name, char *to) {
  to[0] = 0x0a; to[1] = name.size + 2; to[2] = 0x0a; to[3] = name.size;
  memcpy(to + 4, name.at, name.size);
  return name.size + 4;
}

static u32 dotted(text t, char *path) {
  for (u32 i = 0; i < t.size; i++) path[i] = t.at[i] == '.' ? 0 : t.at[i];
  return t.size;
}

static u32 result;

static void step(u32 context, u32 root) {
  static char scratch[16384], path[512];
  text *w = words;
  char *data = 0;
  u32 size = 0, n = 0, code;
  if (is(w[0], "return")) { result = value(w[1]); return; }
  if (is(w[0], "trap")) __builtin_trap();
  if (is(w[0], "log")) { begin(); put(w[1].at, w[1].size); flush(); return; }
  if (is(w[0], "get")) {
    code = map_get(value(w[1]), w[2].at, w[2].size, &data, &size);
    begin(); word("get "); put(w[2].at, w[2].size); word(" -> "); number(code); word(" "); if (!code) put(data, size); flush();
  } else if (is(w[0], "add")) status("add", map_add(value(w[1]), w[2].at, w[2].size, w[3].at, w[3].size));
  else if (is(w[0], "set")) status("set", map_replace(value(w[1]), w[2].at, w[2].size, w[3].at, w[3].size));
  else if (is(w[0], "remove")) status("remove", map_remove(value(w[1]), w[2].at, w[2].size));
  else if (is(w[0], "pairs")) log_pairs(value(w[1]));
  else if (is(w[0], "setpairs")) { n = pairs_from(2, scratch); status("setpairs", map_set_pairs(value(w[1]), scratch, n)); }
  else if (is(w[0], "size")) { code = map_size(value(w[1]), &n); begin(); word("size -> "); number(code); flush(); }
  else if (is(w[0], "body")) {
    code = buffer_get(value(w[1]), value(w[2]), value(w[3]), &data, &size);
    begin(); word("body -> "); number(code); word(" "); if (!code) put(data, size); flush();
  } else if (is(w[0], "setbody")) status("setbody", buffer_set(value(w[1]), value(w[2]), value(w[3]), w[4].at, w[4].size));
  else if (is(w[0], "bufsize")) {
    code = buffer_status(value(w[1]), &size, &n);
    begin(); word("bufsize -> "); number(code); word(" "); if (!code) number(size); flush();
  } else if (is(w[0], "local")) {
    n = pairs_from(3, scratch);
    status("local", local_response(value(w[1]), "oracle", 6, w[2].at, w[2].size, scratch, n, -1));
  } else if (is(w[0], "prop")) {
    n = dotted(w[1], path);
    code = property_get(path, n, &data, &size);
    begin(); word("prop "); put(w[1].at, w[1].size); word(" -> "); number(code); word(" "); if (!code) put(data, size); flush();
  } else if (is(w[0], "setprop")) { n = dotted(w[1], path); status("setprop", property_set(path, n, w[2].at, w[2].size)); }
  else if (is(w[0], "call")) {
    // call UPSTREAM TIMEOUT BODY name value …
    n = pairs_from(4, scratch);
    code = http_call(w[1].at, w[1].size, scratch, n, w[3].at, w[3].size, 0, 0, value(w[2]), &size);
    status("call", code);
  } else if (is(w[0], "continue")) status("continue", continue_stream(value(w[1])));
  else if (is(w[0], "close")) status("close", close_stream(value(w[1])));
  else if (is(w[0], "stream")) status("effective", effective(stream_context));
  else if (is(w[0], "context")) status("effective", effective(value(w[1])));
  else if (is(w[0], "share")) status("share", shared_set(w[1].at, w[1].size, w[2].at, w[2].size, value(w[3])));
  else if (is(w[0], "shared")) {
    code = shared_get(w[1].at, w[1].size, &data, &size, &n);
    begin(); word("shared -> "); number(code); word(" "); if (!code) { put(data, size); word(" cas "); number(n); } flush();
  } else if (is(w[0], "queue")) { code = queue_register(w[1].at, w[1].size, &n); status("queue", code); calls[31] = n; }
  else if (is(w[0], "resolve")) { status("resolve", queue_resolve(w[1].at, w[1].size, w[2].at, w[2].size, &n)); }
  else if (is(w[0], "put")) status("put", queue_put(w[2].size ? value(w[2]) : calls[31], w[1].at, w[1].size));
  else if (is(w[0], "take")) {
    code = queue_take(w[1].size ? value(w[1]) : calls[31], &data, &size);
    begin(); word("take -> "); number(code); word(" "); if (!code) put(data, size); flush();
  } else if (is(w[0], "metric")) { code = metric_define(value(w[1]), w[2].at, w[2].size, &n); status("metric", code); calls[30] = n; }
  else if (is(w[0], "increment")) status("increment", metric_increment(calls[30], (int32_t)value(w[1])));
  else if (is(w[0], "record")) status("record", metric_record(calls[30], value(w[1])));
  else if (is(w[0], "measured")) {
    uint64_t got = 0;
    code = metric_get(w[1].size ? value(w[1]) : calls[30], &got);
    begin(); word("measured -> "); number(code); word(" "); if (!code) number(got); flush();
  } else if (is(w[0], "grpc")) {
    // grpc UPSTREAM METHOD TIMEOUT MESSAGE name value …
    n = pairs_from(5, scratch);
    code = grpc_call(path, grpc_service(w[1], path), "sluice.test.Octets", 18, w[2].at, w[2].size, scratch, n, w[4].at, w[4].size, value(w[3]), &calls[29]);
    status("grpc", code);
  } else if (is(w[0], "gstream")) {
    // gstream UPSTREAM METHOD name value …
    n = pairs_from(3, scratch);
    status("gstream", grpc_stream(path, grpc_service(w[1], path), "sluice.test.Octets", 18, w[2].at, w[2].size, scratch, n, &calls[29]));
  } else if (is(w[0], "gsend")) status("gsend", grpc_send(calls[29], w[1].at, w[1].size, is(w[2], "end")));
  else if (is(w[0], "gcancel")) status("gcancel", grpc_cancel(w[1].size ? value(w[1]) : calls[29]));
  else if (is(w[0], "gclose")) status("gclose", grpc_close(w[1].size ? value(w[1]) : calls[29]));
  else if (is(w[0], "gstatus")) {
    code = get_status(&n, &data, &size);
    begin(); word("gstatus -> "); number(code); word(" "); number(n); word(" "); put(data, size); flush();
  } else if (is(w[0], "tick")) status("tick", tick_period(value(w[1])));
  else if (is(w[0], "peer")) { begin(); word("closed by "); number(closed_by); flush(); }
  else if (is(w[0], "done")) status("done", done());
  else if (is(w[0], "foreign")) {
    code = foreign(w[1].at, w[1].size, w[2].at, w[2].size, &data, &size);
    begin(); word("foreign -> "); number(code); word(" "); if (!code) put(data, size); flush();
  } else { begin(); word("no such step: "); put(w[0].at, w[0].size); flush(); }
}

// Splits a step into words; returns whether it is to be done now.
static int split(const char *at, const char *end, int last, u32 time) {
  u32 to = 0, run = 1;
  word_count = 0;
  for (u32 i = 0; i < 24; i++) words[i].size = 0;
  while (at < end && word_count < 24) {
    while (at < end && *at == ' ') at++;
    if (at == end) break;
    const char *from = at;
    while (at < end && *at != ' ') at++;
    u32 size = at - from, start = to;
    if (!word_count) {
      if (size == 4 && from[3] == ':' && from[0] == 'e') { run &= last; continue; }
      if (size == 5 && from[4] == ':' && from[0] == 'm') { run &= !last; continue; }
      if (size == 2 && from[1] == ':') { run &= time == (u32)(from[0] - '0'); continue; }
    }
    if (!(size == 1 && *from == '_'))
      for (u32 i = 0; i < size; i++) unescaped[to++] = from[i] == '~' ? ' ' : from[i];
    words[word_count].at = unescaped + start;
    words[word_count++].size = to - start;
  }
  return run && word_count;
}

static u32 times[24];

static u32 run(u32 context, u32 root, u32 number_of, const char *name, int last, u32 otherwise) {
  u32 length = 0, time = ++times[number_of];
  while (name[length]) length++;
  result = otherwise;
  const char *at = script, *end = script + script_size;
  while (at < end) {
    const char *line = at;
    while (at < end && *at != '\n') at++;
    const char *stop = at++;
    const char *from = line;
    while (from < stop && *from == ' ') from++;
    u32 i = 0;
    while (i < length && from + i < stop && from[i] == name[i]) i++;
    if (i != length || from + i >= stop || from[i] != ':') continue;
    for (const char *part = from + length + 1; part < stop;) {
      const char *semicolon = part;
      while (semicolon < stop && *semicolon != ';') semicolon++;
      if (split(part, semicolon, last, time)) step(context, root);
      part = semicolon + 1;
    }
  }
  return result;
}

static void seen(const char *name, int last) { begin(); word(name); if (last) word(" end"); flush(); }
static void seen_size(const char *name, u32 size, int last) { begin(); word(name); word(" "); number(size); if (last) word(" end"); flush(); }

EXPORT(proxy_on_context_create) void on_create(u32 context, u32 parent) { if (parent) { stream_context = context; for (u32 i = 5; i < 24; i++) times[i] = 0; } }
EXPORT(proxy_on_vm_start) u32 on_start(u32 root, u32 size) { return 1; }
EXPORT(proxy_on_configure) u32 on_configure(u32 root, u32 size) {
  char *data;
  if (buffer_get(7, 0, size, &data, &script_size)) return 0;
  if (script_size > sizeof script) script_size = sizeof script;
  // A JSON text: what stands between its quotes, with \n as line break.
  u32 to = 0;
  for (u32 i = 0; i < script_size; i++) {
    if (data[i] == '\\' && i + 1 < script_size) { i++; script[to++] = data[i] == 'n' ? '\n' : data[i]; }
    else if (data[i] != '"') script[to++] = data[i];
  }
  script_size = to;
  for (u32 i = 0; i + 3 < script_size; i++)
    if (script[i] == 'i' && script[i + 1] == 'd' && script[i + 2] == ' ' && (i == 0 || script[i - 1] == '\n' || script[i - 1] == ':')) {
      for (u32 j = i + 3; j < script_size && script[j] != '\n' && id_size < sizeof id; j++) id[id_size++] = script[j];
      break;
    }
  return run(root, root, 0, "configure", 1, 1);
}
EXPORT(proxy_on_tick) void on_tick(u32 root) { run(root, root, 1, "tick", 0, 0); }
EXPORT(proxy_on_queue_ready) void on_queue(u32 root, u32 queue) { seen("queue", 0); run(root, root, 2, "queue", 0, 0); }
EXPORT(proxy_on_http_call_response) void on_http(u32 root, u32 token, u32 headers, u32 body, u32 trailers) {
  begin(); word("callout "); word(headers ? "answered" : "failed"); word(" "); number(body); word(" "); number(trailers); flush();
  run(root, root, 3, headers ? "answered" : "failed", 0, 0);
}
EXPORT(proxy_on_grpc_receive_initial_metadata) void on_grpc_headers(u32 root, u32 call, u32 n) { seen("grpc-headers", 0); run(root, root, 20, "grpc-headers", 0, 0); }
EXPORT(proxy_on_grpc_receive) void on_grpc_message(u32 root, u32 call, u32 size) { seen_size("grpc-message", size, 0); run(root, root, 21, "grpc-message", 0, 0); }
EXPORT(proxy_on_grpc_receive_trailing_metadata) void on_grpc_trailers(u32 root, u32 call, u32 n) { seen("grpc-trailers", 0); run(root, root, 22, "grpc-trailers", 0, 0); }
EXPORT(proxy_on_grpc_close) void on_grpc_close(u32 root, u32 call, u32 code) { seen_size("grpc-close", code, 0); run(root, root, 23, "grpc-close", 0, 0); }
EXPORT(proxy_on_new_connection) u32 on_connection(u32 c) { seen("connection", 0); return run(c, 0, 14, "connection", 0, 0); }
EXPORT(proxy_on_downstream_data) u32 on_downstream(u32 c, u32 size, u32 end) { seen_size("downstream", size, end); return run(c, 0, 15, "downstream", end, 0); }
EXPORT(proxy_on_upstream_data) u32 on_upstream(u32 c, u32 size, u32 end) { seen_size("upstream", size, end); return run(c, 0, 16, "upstream", end, 0); }
EXPORT(proxy_on_downstream_connection_close) void on_downstream_close(u32 c, u32 peer) { closed_by = peer; seen("downstream-close", 0); run(c, 0, 17, "downstream-close", 0, 0); }
EXPORT(proxy_on_upstream_connection_close) void on_upstream_close(u32 c, u32 peer) { closed_by = peer; seen("upstream-close", 0); run(c, 0, 18, "upstream-close", 0, 0); }
EXPORT(proxy_on_request_headers) u32 on_request_headers(u32 c, u32 n, u32 end) { seen("request-headers", end); return run(c, 0, 5, "request-headers", end, 0); }
EXPORT(proxy_on_request_body) u32 on_request_body(u32 c, u32 size, u32 end) { seen_size("request-body", size, end); return run(c, 0, 6, "request-body", end, 0); }
EXPORT(proxy_on_request_trailers) u32 on_request_trailers(u32 c, u32 n) { seen("request-trailers", 0); return run(c, 0, 7, "request-trailers", 1, 0); }
EXPORT(proxy_on_response_headers) u32 on_response_headers(u32 c, u32 n, u32 end) { seen("response-headers", end); return run(c, 0, 8, "response-headers", end, 0); }
EXPORT(proxy_on_response_body) u32 on_response_body(u32 c, u32 size, u32 end) { seen_size("response-body", size, end); return run(c, 0, 9, "response-body", end, 0); }
EXPORT(proxy_on_response_trailers) u32 on_response_trailers(u32 c, u32 n) { seen("response-trailers", 0); return run(c, 0, 10, "response-trailers", 1, 0); }
EXPORT(proxy_on_done) u32 on_done(u32 c) { seen("done", 0); return run(c, 0, 11, "on-done", 0, 1); }
EXPORT(proxy_on_log) void on_log(u32 c) { seen("log", 0); run(c, 0, 12, "on-log", 0, 0); }
EXPORT(proxy_on_delete) void on_delete(u32 c) { seen("delete", 0); run(c, 0, 13, "on-delete", 0, 0); }
