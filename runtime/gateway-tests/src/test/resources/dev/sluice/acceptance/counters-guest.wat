;; Reserves 1 of 6 on the counter {k} for each request and settles it with 1 in the log callback. A request that gets none is
;; answered with 429, one whose reservation fails with 503. Keeps the path in the store under "path", without waiting.
(module
  (import "env" "proxy_call_foreign_function"
    (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
  (import "env" "proxy_send_local_response"
    (func $answer (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 16) "sluice.counters.reserve")
  (data (i32.const 48) "sluice.counters.settle")
  (data (i32.const 80) "sluice.store.set")
  ;; One limit: {k}, 6, by the month in UTC; 1 is reserved for a minute.
  (data (i32.const 128) "\01\01\00\00\00\03\00\00\00{k}\06\00\00\00\00\00\00\00\00\05\00\00\00month\03\00\00\00UTC\01\00\00\00\00\00\00\00\60\ea\00\00\00\00\00\00")
  ;; A reservation, to be filled in, and 1.
  (data (i32.const 256) "\01\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00")
  ;; The key "path", the value "wasm", no time to live.
  (data (i32.const 288) "\01\04\00\00\00path\04\00\00\00wasm\00")
  (global $heap (mut i32) (i32.const 4096))
  (global $call (mut i32) (i32.const 0))

  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (local.get $size)))
    (local.get $at))
  (func $respond (param $status i32)
    (drop (call $answer (local.get $status) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const -1))))

  (func (export "proxy_on_request_headers") (param $context i32) (param $count i32) (param $end i32) (result i32)
    (i64.store (i32.const 257) (i64.const 0))
    (if (call $foreign (i32.const 16) (i32.const 23) (i32.const 128) (i32.const 53) (i32.const 400) (i32.const 404))
      (then
        (call $respond (i32.const 503))
        (return (i32.const 1))))
    ;; The call id stands behind the version byte.
    (global.set $call (i32.load (i32.add (i32.load (i32.const 400)) (i32.const 1))))
    (drop (call $foreign (i32.const 80) (i32.const 16) (i32.const 288) (i32.const 18) (i32.const 0) (i32.const 0)))
    (i32.const 1))

  (func (export "proxy_on_foreign_function") (param $root i32) (param $id i32) (param $size i32)
    (local $at i32)
    (if (i32.ne (local.get $id) (global.get $call))
      (then (return)))
    (drop (call $buffer (i32.const 8) (i32.const 0) (local.get $size) (i32.const 400) (i32.const 404)))
    (local.set $at (i32.load (i32.const 400)))
    (if (i32.load (i32.add (local.get $at) (i32.const 1)))
      (then
        (call $respond (i32.const 503))
        (return)))
    (if (i32.eqz (i32.load8_u (i32.add (local.get $at) (i32.const 5))))
      (then
        (call $respond (i32.const 429))
        (return)))
    (i64.store (i32.const 257) (i64.load (i32.add (local.get $at) (i32.const 6))))
    (drop (call $continue (i32.const 0))))

  (func (export "proxy_on_log") (param $context i32)
    (if (i64.ne (i64.load (i32.const 257)) (i64.const 0))
      (then
        (drop (call $foreign (i32.const 48) (i32.const 22) (i32.const 256) (i32.const 17) (i32.const 0) (i32.const 0)))))))
