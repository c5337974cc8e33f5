;; Calls the upstream "grpc" for each request, as its headers say, and answers with a record of what came back:
;; x-kind: unary | stream | cancel | close; x-method; x-message; x-count: how often it is sent on a stream (a digit); x-upstream.
;; H initial metadata (with the value of trace-text), [message], T trailing metadata, =letter: the status (A is 0) and its message.
;; A call that does not begin is answered with !letter.
(module
  (import "env" "proxy_get_header_map_value" (func $get_header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_call"
    (func $grpc_call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_stream" (func $grpc_stream (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_send" (func $grpc_send (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_close" (func $grpc_close (param i32) (result i32)))
  (import "env" "proxy_grpc_cancel" (func $grpc_cancel (param i32) (result i32)))
  (import "env" "proxy_get_status" (func $get_status (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
  (import "env" "proxy_send_local_response"
    (func $answer (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 40)
  (data (i32.const 0) "x-kind")
  (data (i32.const 16) "x-method")
  (data (i32.const 32) "x-message")
  (data (i32.const 48) "x-upstream")
  (data (i32.const 64) "sluice.test.Octets")
  (data (i32.const 96) "x-count")
  (data (i32.const 112) "trace-text")
  (data (i32.const 128) "H[]T=!")
  ;; One pair: trace-text: hello
  (data (i32.const 160) "\01\00\00\00\0a\00\00\00\05\00\00\00trace-text\00hello\00")
  (global $heap (mut i32) (i32.const 4096))
  (global $stream (mut i32) (i32.const 0))
  (global $length (mut i32) (i32.const 0))
  (global $ended (mut i32) (i32.const 0))

  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (local.get $size)))
    (local.get $at))

  ;; The record begins at 1 MiB.
  (func $note (param $from i32) (param $size i32)
    (memory.copy (i32.add (i32.const 1048576) (global.get $length)) (local.get $from) (local.get $size))
    (global.set $length (i32.add (global.get $length) (local.get $size))))
  (func $note_byte (param $byte i32)
    (i32.store8 (i32.add (i32.const 1048576) (global.get $length)) (local.get $byte))
    (global.set $length (i32.add (global.get $length) (i32.const 1))))
  (func $reply
    (global.set $ended (i32.const 1))
    (drop (call $effective (global.get $stream)))
    (drop (call $answer (i32.const 200) (i32.const 0) (i32.const 0) (i32.const 1048576) (global.get $length)
      (i32.const 0) (i32.const 0) (i32.const -1))))

  ;; Puts address and size of a header's value at $out; returns the size.
  (func $header (param $map i32) (param $name i32) (param $name_size i32) (param $out i32) (result i32)
    (i32.store (i32.add (local.get $out) (i32.const 4)) (i32.const 0))
    (drop (call $get_header (local.get $map) (local.get $name) (local.get $name_size)
      (local.get $out) (i32.add (local.get $out) (i32.const 4))))
    (i32.load (i32.add (local.get $out) (i32.const 4))))

  (func (export "proxy_on_request_headers") (param $context i32) (param $count i32) (param $end i32) (result i32)
    (local $status i32) (local $left i32)
    (global.set $heap (i32.const 4096))
    (global.set $length (i32.const 0))
    (global.set $ended (i32.const 0))
    (global.set $stream (local.get $context))
    (drop (call $header (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 1024)))
    (drop (call $header (i32.const 0) (i32.const 16) (i32.const 8) (i32.const 1032)))
    (drop (call $header (i32.const 0) (i32.const 32) (i32.const 9) (i32.const 1040)))
    (drop (call $header (i32.const 0) (i32.const 48) (i32.const 10) (i32.const 1048)))
    (drop (call $header (i32.const 0) (i32.const 96) (i32.const 7) (i32.const 1056)))
    ;; "unary" begins with u.
    (if (i32.eq (i32.load8_u (i32.load (i32.const 1024))) (i32.const 117))
      (then
        (local.set $status (call $grpc_call
          (i32.load (i32.const 1048)) (i32.load (i32.const 1052)) (i32.const 64) (i32.const 18)
          (i32.load (i32.const 1032)) (i32.load (i32.const 1036)) (i32.const 160) (i32.const 29)
          (i32.load (i32.const 1040)) (i32.load (i32.const 1044)) (i32.const 1000) (i32.const 1064))))
      (else
        (local.set $status (call $grpc_stream
          (i32.load (i32.const 1048)) (i32.load (i32.const 1052)) (i32.const 64) (i32.const 18)
          (i32.load (i32.const 1032)) (i32.load (i32.const 1036)) (i32.const 160) (i32.const 29) (i32.const 1064)))
        (if (i32.eqz (local.get $status)) (then (call $send_all)))))
    (if (local.get $status)
      (then
        (call $note (i32.const 133) (i32.const 1))
        (call $note_byte (i32.add (local.get $status) (i32.const 65)))
        (call $reply)))
    (i32.const 1))

  (func $send_all
    (local $left i32) (local $last i32) (local $status i32)
    (local.set $left (i32.sub (i32.load8_u (i32.load (i32.const 1056))) (i32.const 48)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        ;; "stream" ends with its last message, the others do not.
        (local.set $last (i32.and (i32.eqz (local.get $left))
          (i32.eq (i32.load8_u (i32.load (i32.const 1024))) (i32.const 115))))
        (local.set $status (call $grpc_send (i32.load (i32.const 1064))
          (i32.load (i32.const 1040)) (i32.load (i32.const 1044)) (local.get $last)))
        (if (local.get $status) (then
          (call $note (i32.const 133) (i32.const 1))
          (call $note_byte (i32.add (local.get $status) (i32.const 65)))))
        (br $again)))
    ;; "close" and "cancel" differ in their second letter.
    (if (i32.eq (i32.load8_u (i32.add (i32.load (i32.const 1024)) (i32.const 1))) (i32.const 108))
      (then (drop (call $grpc_close (i32.load (i32.const 1064))))))
    (if (i32.eq (i32.load8_u (i32.add (i32.load (i32.const 1024)) (i32.const 1))) (i32.const 97))
      (then
        (drop (call $grpc_cancel (i32.load (i32.const 1064))))
        (call $reply))))

  (func (export "proxy_on_grpc_receive_initial_metadata") (param $root i32) (param $token i32) (param $count i32)
    (call $note (i32.const 128) (i32.const 1))
    (if (call $header (i32.const 4) (i32.const 112) (i32.const 10) (i32.const 1072))
      (then (call $note (i32.load (i32.const 1072)) (i32.load (i32.const 1076))))))
  (func (export "proxy_on_grpc_receive") (param $root i32) (param $token i32) (param $size i32)
    (call $note (i32.const 129) (i32.const 1))
    (drop (call $get_buffer (i32.const 5) (i32.const 0) (local.get $size) (i32.const 1072) (i32.const 1076)))
    (if (local.get $size) (then (call $note (i32.load (i32.const 1072)) (local.get $size))))
    (call $note (i32.const 130) (i32.const 1))
    (if (i32.eq (i32.load8_u (i32.load (i32.const 1024))) (i32.const 117)) (then (call $reply))))
  (func (export "proxy_on_grpc_receive_trailing_metadata") (param $root i32) (param $token i32) (param $count i32)
    (call $note (i32.const 131) (i32.const 1)))
  (func (export "proxy_on_grpc_close") (param $root i32) (param $token i32) (param $status i32)
    (call $note (i32.const 132) (i32.const 1))
    (call $note_byte (i32.add (local.get $status) (i32.const 65)))
    (drop (call $get_status (i32.const 1080) (i32.const 1072) (i32.const 1076)))
    (call $note (i32.load (i32.const 1072)) (i32.load (i32.const 1076)))
    (if (i32.eqz (global.get $ended)) (then (call $reply)))))
