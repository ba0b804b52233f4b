;; The functions that componentize-py cannot import, being unstable: called by hand.
(component $C
  (type $error-interface (instance (export "error" (type (sub resource)))))
  (import "wasi:io/error@0.2.10" (instance $io (type $error-interface)))
  (alias export $io "error" (type $error))

  (type $control-interface (instance
    (alias outer $C $error (type $e))
    (export "error" (type $error (eq $e)))
    (export "failure" (func (result (own $error))))))
  (import "tests:probe/control" (instance $control (type $control-interface)))

  (type $network-interface (instance
    (alias outer $C $error (type $e))
    (export "error" (type $error (eq $e)))
    (type $codes (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
      "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit"
      "address-not-bindable" "address-in-use" "remote-unreachable" "connection-refused" "connection-reset"
      "connection-aborted" "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
      "permanent-resolver-failure"))
    (export "error-code" (type $code (eq $codes)))
    (export "network-error-code" (func (param "err" (borrow $error)) (result (option $code))))))
  (import "wasi:sockets/network@0.2.10" (instance $network (type $network-interface)))

  (type $clock-interface (instance
    (type $fields (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type (eq $fields)))))
  (import "wasi:clocks/wall-clock@0.2.10" (instance $clock (type $clock-interface)))
  (alias export $clock "datetime" (type $datetime))

  (type $timezone-interface (instance
    (alias outer $C $datetime (type $d))
    (export "datetime" (type $datetime (eq $d)))
    (type $fields (record
      (field "utc-offset" s32) (field "name" string) (field "in-daylight-saving-time" bool)))
    (export "timezone-display" (type $display (eq $fields)))
    (export "display" (func (param "when" $datetime) (result $display)))
    (export "utc-offset" (func (param "when" $datetime) (result s32)))))
  (import "wasi:clocks/timezone@0.2.10" (instance $timezone (type $timezone-interface)))

  (import "wasi:cli/exit@0.2.10" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))

  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $m (instantiate $memory))

  (core func $failure (canon lower (func $control "failure")))
  (core func $code (canon lower (func $network "network-error-code") (memory (core memory $m "memory"))))
  (core func $drop (canon resource.drop $error))
  (core func $display (canon lower (func $timezone "display") (memory (core memory $m "memory"))
    (realloc (core func $m "realloc"))))
  (core func $offset (canon lower (func $timezone "utc-offset")))
  (core func $exit-with (canon lower (func $exit "exit-with-code")))

  (core module $code-module
    (import "" "memory" (memory 1))
    (import "" "failure" (func $failure (result i32)))
    (import "" "code" (func $code (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "display" (func $display (param i64 i32 i32)))
    (import "" "offset" (func $offset (param i64 i32) (result i32)))
    (import "" "exit" (func $exit (param i32)))
    ;; The code that the failure of a socket has: 256 where it tells one, plus which.
    (func (export "network") (result i32) (local $error i32)
      (local.set $error (call $failure))
      (call $code (local.get $error) (i32.const 0))
      (call $drop (local.get $error))
      (i32.add
        (i32.mul (i32.load8_u (i32.const 0)) (i32.const 256))
        (i32.load8_u (i32.const 1))))
    ;; The offset in seconds, if both functions tell the same and the zone has a name.
    (func (export "timezone") (result i32)
      (call $display (i64.const 1000000000) (i32.const 0) (i32.const 16))
      (if (i32.eqz (i32.load (i32.const 24))) (then unreachable))
      (if (i32.ne
            (i32.load (i32.const 16))
            (call $offset (i64.const 1000000000) (i32.const 0)))
        (then unreachable))
      (i32.load (i32.const 16)))
    (func (export "exit") (call $exit (i32.const 7))))
  (core instance $i (instantiate $code-module (with "" (instance
    (export "memory" (memory $m "memory"))
    (export "failure" (func $failure))
    (export "code" (func $code))
    (export "drop" (func $drop))
    (export "display" (func $display))
    (export "offset" (func $offset))
    (export "exit" (func $exit-with))))))

  (func (export "network") (result u32) (canon lift (core func $i "network")))
  (func (export "timezone") (result s32) (canon lift (core func $i "timezone")))
  (func (export "exit") (canon lift (core func $i "exit"))))
