(module
  ;; A NETWORK plugin: what it does with the client's bytes depends on the first of them.
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
  (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
  (import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
  (func (export "proxy_abi_version_0_2_1"))
  (memory (export "memory") 4)
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 65536))
  (global $waits (mut i32) (i32.const 0))
  (data (i32.const 16) "new ")
  (data (i32.const 32) "source\00address")
  (data (i32.const 64) "VERSION:")
  (data (i32.const 80) "replaced")
  (data (i32.const 96) "down ")
  (data (i32.const 112) "up ")
  (data (i32.const 128) "deleted")
  (func $say (param $text i32) (param $size i32)
    (drop (call $log (i32.const 2) (local.get $text) (local.get $size))))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $tick (i32.const 20)))
    (i32.const 1))
  (func (export "proxy_on_new_connection") (param i32) (result i32)
    (call $say (i32.const 16) (i32.const 3))
    (if (i32.eqz (call $property (i32.const 32) (i32.const 14) (i32.const 620) (i32.const 624)))
      (then (call $say (i32.load (i32.const 620)) (i32.const 9))))
    (i32.const 0))
  (func (export "proxy_on_downstream_data")
    (param $id i32) (param $size i32) (param $end i32) (result i32)
    (local $at i32) (local $first i32)
    (if (i32.eqz (local.get $size)) (then (return (i32.const 0))))
    (drop (call $get (i32.const 2) (i32.const 0) (local.get $size) (i32.const 620) (i32.const 624)))
    (local.set $at (i32.load (i32.const 620)))
    (local.set $first (i32.load8_u (local.get $at)))
    ;; T: trap
    (if (i32.eq (local.get $first) (i32.const 84)) (then (unreachable)))
    ;; Q: close
    (if (i32.eq (local.get $first) (i32.const 81))
      (then (drop (call $close (i32.const 2))) (return (i32.const 1))))
    ;; H: hold until the line is complete
    (if (i32.and
          (i32.eq (local.get $first) (i32.const 72))
          (i32.ne
            (i32.load8_u (i32.sub (i32.add (local.get $at) (local.get $size)) (i32.const 1)))
            (i32.const 10)))
      (then (return (i32.const 1))))
    ;; R: replace all
    (if (i32.eq (local.get $first) (i32.const 82))
      (then
        (drop (call $set (i32.const 2) (i32.const 0) (local.get $size) (i32.const 80) (i32.const 8)))
        (return (i32.const 0))))
    ;; W: wait for the next tick
    (if (i32.eq (local.get $first) (i32.const 87))
      (then (global.set $waits (local.get $id)) (return (i32.const 1))))
    ;; V: put the version before it
    (if (i32.eq (local.get $first) (i32.const 86))
      (then
        (drop (call $set (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 8)))))
    (i32.const 0))
  (func (export "proxy_on_upstream_data") (param i32 i32 i32) (result i32)
    ;; B: answers that begin so get a mark at the end
    (drop (call $get (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 620) (i32.const 624)))
    (if (i32.and
          (i32.ne (i32.const 0) (i32.load (i32.const 624)))
          (i32.eq (i32.load8_u (i32.load (i32.const 620))) (i32.const 66)))
      (then
        (drop (call $set
          (i32.const 3) (local.get 1) (i32.const 0) (i32.const 112) (i32.const 2)))))
    (i32.const 0))
  (func (export "proxy_on_tick") (param i32)
    (if (global.get $waits)
      (then
        (drop (call $effective (global.get $waits)))
        (global.set $waits (i32.const 0))
        (drop (call $continue (i32.const 2))))))
  (func (export "proxy_on_downstream_connection_close") (param $id i32) (param $peer i32)
    (i32.store8 (i32.const 101) (i32.add (i32.const 48) (local.get $peer)))
    (call $say (i32.const 96) (i32.const 6)))
  (func (export "proxy_on_upstream_connection_close") (param $id i32) (param $peer i32)
    (i32.store8 (i32.const 115) (i32.add (i32.const 48) (local.get $peer)))
    (call $say (i32.const 112) (i32.const 4)))
  (func (export "proxy_on_delete") (param i32)
    (call $say (i32.const 128) (i32.const 7))))
