"""Components written by hand, for what no toolchain would make."""

from __future__ import annotations

import hashlib
from pathlib import Path

import wasmtime

from engine.hosts.embedded.compile import Code, compile_component
from engine.hosts.embedded.machine import Tier
from engine.model.deliverable import Deliverable

# A core module with memory and a bump allocator, as every lifting and lowering of a string needs them.
MEMORY = """
  (core module $Memory
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1)))
                              (i32.sub (i32.const 0) (local.get 2))))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (block $enough
        (loop $grow
          (br_if $enough (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
          (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
          (br $grow)))
      (local.get $at)))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
"""


def component(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(f"(component\n{text}\n)"))


def load(data: bytes, tier: Tier = Tier.CRANELIFT) -> Code:
    return Code(tier, compile_component(data, tier))


def deliverable(folder: Path, data: bytes, name: str = "component") -> Deliverable:
    """Written to `folder` as a build would leave it."""
    digest = hashlib.sha256(data).hexdigest()
    path = folder / f"{name}-{digest[:8]}.wasm"
    path.write_bytes(data)
    return Deliverable(str(path), digest)


def echo(type_: str, flat: str, declarations: str = "") -> bytes:
    """A component whose export `echo: func(v: T) -> T` hands its argument to the import `test:echo/host` and gives
    back what that gives. `flat` are the core types of T; a T of one core type is passed as it is."""
    types = flat.split()
    params = "".join(f" (param {one})" for one in types)
    values = " ".join(f"(local.get {index})" for index in range(len(types)))
    direct = len(types) == 1
    result = types[0] if direct else "i32"
    core = (
        f'(import "host" "echo" (func $echo{params} (result {result})))'
        if direct
        else f'(import "host" "echo" (func $echo{params} (param i32)))'
    )
    body = (
        f"(call $echo {values})"
        if direct
        else f"(local $out i32) (local.set $out (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) "
        f"(i32.const 512))) (call $echo {values} (local.get $out)) (local.get $out)"
    )
    return component(f"""
  {declarations}
  (type $T {type_})
  (import "test:echo/host" (instance $host
    (alias outer 1 $T (type $T))
    (export "t" (type $U (eq $T)))
    (export "echo" (func (param "v" $U) (result $U)))))
  (alias export $host "t" (type $V))
  {MEMORY}
  (core func $lowered (canon lower (func $host "echo") (memory $mem) (realloc $realloc)))
  (core module $M
    {core}
    (import "m" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (func (export "echo"){params} (result {result}) {body}))
  (core instance $m (instantiate $M
    (with "host" (instance (export "echo" (func $lowered))))
    (with "m" (instance (export "realloc" (func $realloc))))))
  (func $f (param "v" $V) (result $V)
    (canon lift (core func $m "echo") (memory $mem) (realloc $realloc)))
  (export "t" (type $V))
  (export "echo" (func $f))
""")


# What a component needs of wasi:http to answer, and the least that answers.
HTTP_TYPES = """
  (import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:http/types@0.2.0" (instance $types
    (alias outer 1 $output-stream (type $os))
    (export "fields" (type $fields (sub resource)))
    (export "incoming-request" (type $req (sub resource)))
    (export "outgoing-response" (type $resp (sub resource)))
    (export "outgoing-body" (type $body (sub resource)))
    (export "response-outparam" (type $out (sub resource)))
    (type $none-t (enum "none"))
    (export "error-code" (type $error (eq $none-t)))
    (export "[constructor]fields" (func (result (own $fields))))
    (export "[constructor]outgoing-response" (func (param "headers" (own $fields)) (result (own $resp))))
    (export "[method]outgoing-response.body" (func (param "self" (borrow $resp)) (result (result (own $body)))))
    (export "[static]response-outparam.set"
      (func (param "param" (own $out)) (param "response" (result (own $resp) (error $error)))))
    (export "[static]outgoing-body.finish"
      (func (param "this" (own $body)) (param "trailers" (option (own $fields))) (result (result (error $error)))))))
  (alias export $types "incoming-request" (type $req))
  (alias export $types "response-outparam" (type $outparam))
"""


def http(
    handler: str = "", functions: str = "", imports: str = "", core_imports: str = "", given: str = ""
) -> bytes:
    """A component that answers each request with 200 and no body, after it ran the core code `handler`."""
    return component(f"""
  {HTTP_TYPES}
  {imports}
  {MEMORY}
  (core func $fields (canon lower (func $types "[constructor]fields")))
  (core func $response (canon lower (func $types "[constructor]outgoing-response")))
  (core func $body (canon lower (func $types "[method]outgoing-response.body") (memory $mem)))
  (core func $set (canon lower (func $types "[static]response-outparam.set") (memory $mem)))
  (core func $finish (canon lower (func $types "[static]outgoing-body.finish") (memory $mem)))
  (core module $M
    (import "h" "fields" (func $fields (result i32)))
    (import "h" "response" (func $response (param i32) (result i32)))
    (import "h" "body" (func $body (param i32 i32)))
    (import "h" "set" (func $set (param i32 i32 i32)))
    (import "h" "finish" (func $finish (param i32 i32 i32 i32)))
    (import "h" "mem" (memory 1))
    {core_imports}
    {functions}
    (func (export "handle") (param $req i32) (param $out i32)
      (local $resp i32)
      {handler}
      (local.set $resp (call $response (call $fields)))
      (call $body (local.get $resp) (i32.const 16))
      (call $set (local.get $out) (i32.const 0) (local.get $resp))
      (call $finish (i32.load (i32.const 20)) (i32.const 0) (i32.const 0) (i32.const 32))))
  (core instance $m (instantiate $M (with "h" (instance
    (export "fields" (func $fields)) (export "response" (func $response)) (export "body" (func $body))
    (export "set" (func $set)) (export "finish" (func $finish)) (export "mem" (memory $mem))
    {given}))))
  (func $handle (param "request" (own $req)) (param "response-out" (own $outparam))
    (canon lift (core func $m "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler))
""")
