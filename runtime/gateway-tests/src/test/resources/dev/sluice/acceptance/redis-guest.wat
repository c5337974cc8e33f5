;; Sends for each request the command in x-command, where ~ stands for a line end, to the upstream of its configuration
;; ("name" or "name?db=1"; a password follows behind a space), and answers with the status as a digit, a colon and the
;; reply. A call that does not begin is answered with !letter (A is 0).
(module
  (import "env" "proxy_get_header_map_value" (func $get_header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_redis_init" (func $redis_init (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_redis_call" (func $redis_call (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
  (import "env" "proxy_send_local_response"
    (func $answer (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 80)
  (data (i32.const 0) "x-command")
  (global $heap (mut i32) (i32.const 1048576))
  (global $name (mut i32) (i32.const 0))
  (global $name_size (mut i32) (i32.const 0))
  ;; The streams of calls in flight, by call id: a table from 4096 on.

  (func (export "proxy_abi_version_0_2_100"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.const 5000000)) (then (global.set $heap (i32.const 1048576))))
    (local.get $at))

  (func (export "proxy_on_configure") (param $root i32) (param $size i32) (result i32)
    (local $at i32) (local $end i32)
    ;; The configuration is a JSON text: it stands between quotes.
    (drop (call $get_buffer (i32.const 7) (i32.const 0) (local.get $size) (i32.const 1024) (i32.const 1028)))
    (memory.copy (i32.const 2048) (i32.add (i32.load (i32.const 1024)) (i32.const 6)) (local.get $size))
    (global.set $name (i32.const 2048))
    (local.set $end (i32.add (i32.const 2048) (i32.sub (local.get $size) (i32.const 8))))
    (local.set $at (i32.const 2048))
    (block $found
      (loop $again
        (br_if $found (i32.eq (local.get $at) (local.get $end)))
        (br_if $found (i32.eq (i32.load8_u (local.get $at)) (i32.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $again)))
    (global.set $name_size (i32.sub (local.get $at) (i32.const 2048)))
    (if (i32.ne (local.get $at) (local.get $end))
      (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (drop (call $redis_init (global.get $name) (global.get $name_size) (i32.const 0) (i32.const 0)
      (local.get $at) (i32.sub (local.get $end) (local.get $at)) (i32.const 500)))
    (i32.const 1))

  (func $reply (param $context i32) (param $from i32) (param $size i32)
    (drop (call $effective (local.get $context)))
    (drop (call $answer (i32.const 200) (i32.const 0) (i32.const 0) (local.get $from) (local.get $size)
      (i32.const 0) (i32.const 0) (i32.const -1))))

  (func (export "proxy_on_request_headers") (param $context i32) (param $count i32) (param $end i32) (result i32)
    (local $from i32) (local $left i32) (local $to i32) (local $status i32)
    (drop (call $get_header (i32.const 0) (i32.const 0) (i32.const 9) (i32.const 1024) (i32.const 1028)))
    (local.set $from (i32.load (i32.const 1024)))
    (local.set $left (i32.load (i32.const 1028)))
    (local.set $to (i32.const 524288))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $left)))
        (if (i32.eq (i32.load8_u (local.get $from)) (i32.const 126))
          (then
            (i32.store8 (local.get $to) (i32.const 13))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (i32.store8 (local.get $to) (i32.const 10)))
          (else (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $again)))
    (local.set $status (call $redis_call (global.get $name) (global.get $name_size)
      (i32.const 524288) (i32.sub (local.get $to) (i32.const 524288)) (i32.const 1032)))
    (if (local.get $status)
      (then
        (i32.store8 (i32.const 1040) (i32.const 33))
        (i32.store8 (i32.const 1041) (i32.add (local.get $status) (i32.const 65)))
        (call $reply (local.get $context) (i32.const 1040) (i32.const 2)))
      (else
        (i32.store (i32.add (i32.const 4096) (i32.shl (i32.and (i32.load (i32.const 1032)) (i32.const 1023)) (i32.const 2)))
          (local.get $context))))
    (i32.const 1))

  (func (export "proxy_on_redis_call_response") (param $root i32) (param $token i32) (param $status i32) (param $size i32)
    (local $context i32)
    (local.set $context (i32.load
      (i32.add (i32.const 4096) (i32.shl (i32.and (local.get $token) (i32.const 1023)) (i32.const 2)))))
    (i32.store8 (i32.const 65536) (i32.add (local.get $status) (i32.const 48)))
    (i32.store8 (i32.const 65537) (i32.const 58))
    (if (local.get $size) (then
      (drop (call $get_buffer (i32.const 9) (i32.const 0) (local.get $size) (i32.const 1024) (i32.const 1028)))
      (memory.copy (i32.const 65538) (i32.load (i32.const 1024)) (local.get $size))))
    (call $reply (local.get $context) (i32.const 65536) (i32.add (local.get $size) (i32.const 2)))))
