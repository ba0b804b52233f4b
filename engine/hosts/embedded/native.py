"""wasmtime's C API, as much of it as this host calls, over ctypes.

`import wasmtime` costs 0.1 s for 1 300 prototypes and its value layer builds a Python class per type; both are too
slow for this host's start and for its hot path. So only the library file of that package is used. Names are the C
API's without their `wasmtime_` prefix; pointers are plain integers.

`_short` calls keep the interpreter's lock (they take microseconds), `_long` ones give it up.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from ctypes import (
    CFUNCTYPE,
    POINTER,
    addressof,
    c_bool,
    c_char_p,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
    string_at,
)
from pathlib import Path
from typing import Any

from engine.model.problem import Problem


class NativeError(Exception):
    """wasmtime refused or a guest trapped; the text holds the wasm backtrace where there is one."""


class HostUnavailable(Problem):
    """The wasmtime library cannot be used on this machine."""


def _library() -> Path:
    spec = importlib.util.find_spec("wasmtime")
    if spec is None or not spec.submodule_search_locations:
        raise HostUnavailable("the embedded host needs the package wasmtime", hint="pip install wasmtime")
    machine = os.uname().machine
    machine = {"AMD64": "x86_64", "arm64": "aarch64", "ARM64": "aarch64"}.get(machine, machine)
    name = {"linux": "_libwasmtime.so", "darwin": "_libwasmtime.dylib"}.get(sys.platform, "_libwasmtime.so")
    return Path(spec.submodule_search_locations[0]) / f"{sys.platform}-{machine}" / name


LIBRARY = _library()
try:
    _short = ctypes.PyDLL(str(LIBRARY))
    _long = ctypes.CDLL(str(LIBRARY))
except OSError as problem:
    raise HostUnavailable(
        f"wasmtime's library cannot be loaded: {problem}", hint="run `wake doctor`"
    ) from problem


def _take(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(library, name)
    function.restype = result
    function.argtypes = arguments
    return function


P, S, U8, U32, U64, B, TEXT = c_void_p, c_size_t, c_uint8, c_uint32, c_uint64, c_bool, c_char_p
_w = "wasmtime_"
_c = "wasmtime_component_"

# -- engines, stores
config_new = _take(_short, "wasm_config_new", P)
config_epoch = _take(_short, _w + "config_epoch_interruption_set", None, P, B)
config_concurrency = _take(_short, _w + "config_concurrency_support_set", None, P, B)
config_strategy = _take(_short, _w + "config_strategy_set", None, P, U8)
config_opt_level = _take(_short, _w + "config_cranelift_opt_level_set", None, P, U8)
config_regalloc = _take(_short, _w + "config_cranelift_regalloc_algorithm_set", None, P, U8)
engine_new = _take(_short, "wasm_engine_new_with_config", P, P)
engine_increment_epoch = _take(_short, _w + "engine_increment_epoch", None, P)
store_new = _take(_short, _w + "store_new", P, P, P, P)
store_context = _take(_short, _w + "store_context", P, P)
store_limiter = _take(_short, _w + "store_limiter", None, P, c_int64, c_int64, c_int64, c_int64, c_int64)
store_delete = _take(_long, _w + "store_delete", None, P)
# (context, data, out: ticks until the next call, out: how to go on) -> error
EPOCH_CALLBACK = CFUNCTYPE(P, P, P, POINTER(U64), POINTER(U8))
epoch_callback = _take(_short, _w + "store_epoch_deadline_callback", None, P, EPOCH_CALLBACK, P, P)
set_epoch_deadline = _take(_short, _w + "context_set_epoch_deadline", None, P, U64)

# -- code
module_new = _take(_long, _w + "module_new", P, P, P, S, P)
module_serialize = _take(_long, _w + "module_serialize", P, P, P)
module_deserialize_file = _take(_long, _w + "module_deserialize_file", P, P, TEXT, P)
module_delete = _take(_short, _w + "module_delete", None, P)
component_new = _take(_long, _c + "new", P, P, P, S, P)
component_serialize = _take(_long, _c + "serialize", P, P, P)
component_deserialize_file = _take(_long, _c + "deserialize_file", P, P, TEXT, P)
component_delete = _take(_short, _c + "delete", None, P)
component_type = _take(_short, _c + "type", P, P)
component_export_index = _take(_short, _c + "get_export_index", P, P, P, TEXT, S)

# -- types
type_import_count = _take(_short, _c + "type_import_count", S, P, P)
type_import_nth = _take(_short, _c + "type_import_nth", B, P, P, S, P, P, P)
type_export_count = _take(_short, _c + "type_export_count", S, P, P)
type_export_nth = _take(_short, _c + "type_export_nth", B, P, P, S, P, P, P)
type_delete = _take(_short, _c + "type_delete", None, P)
instance_type_export_count = _take(_short, _c + "instance_type_export_count", S, P, P)
instance_type_export_nth = _take(_short, _c + "instance_type_export_nth", B, P, P, S, P, P, P)
extern_type = _take(_short, _c + "extern_type", None, P, P)
extern_delete = _take(_short, _c + "extern_delete", None, P)
item_delete = _take(_short, _c + "item_delete", None, P)
valtype_delete = _take(_short, _c + "valtype_delete", None, P)
list_type_element = _take(_short, _c + "list_type_element", None, P, P)
record_type_count = _take(_short, _c + "record_type_field_count", S, P)
record_type_nth = _take(_short, _c + "record_type_field_nth", B, P, S, P, P, P)
tuple_type_count = _take(_short, _c + "tuple_type_types_count", S, P)
tuple_type_nth = _take(_short, _c + "tuple_type_types_nth", B, P, S, P)
variant_type_count = _take(_short, _c + "variant_type_case_count", S, P)
variant_type_nth = _take(_short, _c + "variant_type_case_nth", B, P, S, P, P, P, P)
enum_type_count = _take(_short, _c + "enum_type_names_count", S, P)
enum_type_nth = _take(_short, _c + "enum_type_names_nth", B, P, S, P, P)
option_type_of = _take(_short, _c + "option_type_ty", None, P, P)
result_type_ok = _take(_short, _c + "result_type_ok", B, P, P)
result_type_err = _take(_short, _c + "result_type_err", B, P, P)
flags_type_count = _take(_short, _c + "flags_type_names_count", S, P)
flags_type_nth = _take(_short, _c + "flags_type_names_nth", B, P, S, P, P)
func_type_count = _take(_short, _c + "func_type_param_count", S, P)
func_type_nth = _take(_short, _c + "func_type_param_nth", B, P, S, P, P, P)
func_type_result = _take(_short, _c + "func_type_result", B, P, P)
resource_type_clone = _take(_short, _c + "resource_type_clone", P, P)
resource_type_equal = _take(_short, _c + "resource_type_equal", B, P, P)
resource_type_new_host = _take(_short, _c + "resource_type_new_host", P, U32)

# -- values
any_to_host = _take(_short, _c + "resource_any_to_host", P, P, P, P)
any_clone = _take(_short, _c + "resource_any_clone", P, P)
any_drop = _take(_long, _c + "resource_any_drop", P, P, P)
any_delete = _take(_short, _c + "resource_any_delete", None, P)
host_to_any = _take(_short, _c + "resource_host_to_any", P, P, P, P)
host_new = _take(_short, _c + "resource_host_new", P, B, U32, U32)
host_rep = _take(_short, _c + "resource_host_rep", U32, P)
host_delete = _take(_short, _c + "resource_host_delete", None, P)
byte_vec_new = _take(_short, "wasm_byte_vec_new", None, P, S, TEXT)
byte_vec_delete = _take(_short, "wasm_byte_vec_delete", None, P)
list_new = _take(_short, _c + "vallist_new_uninit", None, P, S)
tuple_new = _take(_short, _c + "valtuple_new_uninit", None, P, S)
record_new = _take(_short, _c + "valrecord_new_uninit", None, P, S)
flags_new = _take(_short, _c + "valflags_new_uninit", None, P, S)
val_new = _take(_short, _c + "val_new", P, P)
val_delete = _take(_short, _c + "val_delete", None, P)

# -- linking and calling
CALLBACK = CFUNCTYPE(P, P, P, P, P, S, P, S)
DESTRUCTOR = CFUNCTYPE(P, P, P, U32)
linker_new = _take(_short, _c + "linker_new", P, P)
linker_root = _take(_short, _c + "linker_root", P, P)
linker_delete = _take(_short, _c + "linker_delete", None, P)
linker_instantiate = _take(_long, _c + "linker_instantiate", P, P, P, P, P)
linker_add_instance = _take(_short, _c + "linker_instance_add_instance", P, P, TEXT, S, P)
linker_add_module = _take(_short, _c + "linker_instance_add_module", P, P, TEXT, S, P)
linker_add_func = _take(_short, _c + "linker_instance_add_func", P, P, TEXT, S, CALLBACK, P, P)
linker_add_resource = _take(_short, _c + "linker_instance_add_resource", P, P, TEXT, S, P, DESTRUCTOR, P, P)
linker_instance_delete = _take(_short, _c + "linker_instance_delete", None, P)
instance_get_func = _take(_short, _c + "instance_get_func", B, P, P, P, P)
func_call = _take(_long, _c + "func_call", P, P, P, P, S, P, S)

error_new = _take(_short, _w + "error_new", P, TEXT)
error_message = _take(_short, _w + "error_message", None, P, P)
error_delete = _take(_short, _w + "error_delete", None, P)

VALUE = 32  # bytes of a wasmtime_component_val_t: kind at 0, payload at 8
ENTRY = 48  # bytes of a record's entry: name at 0, value at 16
WINCH = 2


def error_text(error: int) -> str:
    """The error's text; the error is gone afterwards."""
    vector = (c_size_t * 2)()
    error_message(error, vector)
    text = string_at(vector[1], vector[0]).decode("utf-8", "replace")
    byte_vec_delete(vector)
    error_delete(error)
    return text


def check(error: int | None) -> None:
    """Raises :class:`NativeError` when `error` is one."""
    if error:
        raise NativeError(error_text(error))


def out_pointer(function: Any, *arguments: Any) -> int:
    """Calls `function(*arguments, &pointer)` and gives the pointer. Raises :class:`NativeError`."""
    out = c_uint64()
    check(function(*arguments, addressof(out)))
    return out.value


def out_bytes(function: Any, argument: int) -> bytes:
    """Calls a serializer. Raises :class:`NativeError`."""
    vector = (c_size_t * 2)()
    check(function(argument, vector))
    data = string_at(vector[1], vector[0])
    byte_vec_delete(vector)
    return data
