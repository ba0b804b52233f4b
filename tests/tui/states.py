"""A session as the dashboard could meet it, at a frozen moment."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from engine.logs.journal import JournalWriter
from engine.model.dependency import Dependency, Provider
from engine.model.diagnostic import Diagnostic
from engine.model.process import Process
from engine.model.reload import Cause, Reload
from engine.model.state import Change, Manifest, Progress, SessionRow, State

NOW = 1_700_000_000.0
URL = "http://127.0.0.1:8000"

TEXT = """\
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: hello-counter
  annotations:
    version: 3f2a91
spec:
  components:
    - name: hello-counter
      type: component
      properties:
        image: file:///home/ada/hello/build/component.wasm
        id: k3x9ab-hello_counter
      traits:
        - type: spreadscaler
          properties:
            instances: 1
        - type: link
          properties:
            target: keyvalue-nats
            namespace: wasi
            package: keyvalue
            interfaces: [store, atomics]
            target_config:
              - name: keyvalue-nats-config
                properties:
                  bucket: wasmcloud
    - name: keyvalue-nats
      type: capability
      properties:
        image: ghcr.io/wasmcloud/keyvalue-nats:0.3.1
    - name: http-server
      type: capability
      properties:
        image: ghcr.io/wasmcloud/http-server:0.24.0
      traits:
        - type: link
          properties:
            target: hello-counter
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source_config:
              - name: http-server-config
                properties:
                  address: 127.0.0.1:8000
"""


def without_keyvalue(text: str = TEXT) -> str:
    lines = text.splitlines(keepends=True)
    kept = lines[:17] + lines[27:28] + lines[32:]
    return "".join(kept).replace("    - name: keyvalue-nats\n", "").replace("3f2a91", "81c0d4")


DEPENDENCIES = (
    Dependency(
        "http-server",
        "export",
        ("wasi:http/incoming-handler@0.2.2",),
        "resolved",
        provider=Provider("ghcr.io/wasmcloud/http-server:0.24.0", "http"),
        config={"address": "127.0.0.1:8000"},
    ),
    Dependency(
        "keyvalue-nats",
        "import",
        ("wasi:keyvalue/atomics@0.2.0-draft", "wasi:keyvalue/store@0.2.0-draft"),
        "resolved",
        provider=Provider("ghcr.io/wasmcloud/keyvalue-nats:0.3.1", "keyvalue"),
        config={"bucket": "wasmcloud"},
    ),
    Dependency(
        "http-client",
        "import",
        ("wasi:http/outgoing-handler@0.2.2",),
        "host",
        provider=Provider(None, "http"),
    ),
    Dependency("custom-acme-billing", "import", ("acme:billing/invoices@1.0.0",), "unresolved"),
)


def reload(number: int, ms: float = 8.3, ok: bool = True, path: str = "app.py", **more: object) -> Reload:
    stages = {"detect": 0.4, "apply": ms * 0.7, "ready": ms * 0.2}
    base = Reload(
        number,
        "source",
        Cause("file", (path,)),
        ok,
        stages,  # type: ignore[arg-type]
        ms,
        time="2023-11-14T22:13:20Z",
    )
    return replace(base, **more)


FIRST = Reload(
    1,
    "deploy",
    Cause("start"),
    True,
    {
        "detect": 0.2,
        "build": 7120.0,
        "compile": 2950.0,
        "discover": 3.1,
        "plan": 1.2,
        "apply": 12.0,
        "ready": 1.9,
    },
    10_088.4,
    time="2023-11-14T22:11:02Z",
)

READY = State(
    revision=10,
    session="k3x9ab",
    project="hello-counter",
    path="/home/ada/hello",
    phase="ready",
    urls=(URL,),
    started=NOW - 754,
    dependencies=DEPENDENCIES,
    deployed=Manifest("hello-counter", "3f2a91", TEXT),
    reloads=(FIRST, *(reload(number, 7.1 + number % 5) for number in range(2, 12)), reload(12)),
    processes=(Process("host", "ready", 41873),),
    sessions=(
        SessionRow(
            "k3x9ab", "hello-counter", "/home/ada/hello", "running", 41860, (URL,), "2023-11-14T22:13:20Z"
        ),
        SessionRow(
            "p7w2cd", "billing", "/home/ada/work/billing", "running", 39010, ("http://127.0.0.1:8001",)
        ),
        SessionRow("zz81qa", "thumbnails", "/home/ada/work/thumbnails", "stopped"),
    ),
)

STARTING = State(
    revision=1,
    session="k3x9ab",
    project="hello-counter",
    path="/home/ada/hello",
    phase="building",
    started=NOW - 5,
    progress=Progress("build", "building app.py with componentize-py", NOW - 5),
)

PENDING = replace(
    READY,
    revision=11,
    dependencies=(
        DEPENDENCIES[0],
        replace(DEPENDENCIES[1], state="off", source="toggle"),
        *DEPENDENCIES[2:],
    ),
    pending=Manifest("hello-counter", "81c0d4", without_keyvalue()),
    changes=(
        Change("removed", "provider", "keyvalue-nats", "ghcr.io/wasmcloud/keyvalue-nats:0.3.1"),
        Change("removed", "link", "hello-counter → keyvalue-nats", "wasi:keyvalue/atomics, store"),
    ),
)

BROKEN = replace(
    READY,
    revision=12,
    phase="failed",
    reloads=(*READY.reloads, reload(13, 4.2, ok=False, error="app.py:21: SyntaxError: invalid syntax")),
    diagnostics=(
        Diagnostic(
            "error",
            "SyntaxError: '(' was never closed\n    return Response(200, body\n                   ^",
            "app.py",
            21,
            20,
        ),
        Diagnostic("error", "SyntaxError: invalid syntax", "counter/store.py", 3, 1),
    ),
)

LINES = (
    ("session", "info", "watching /home/ada/hello: 6 files"),
    ("build", "info", "componentize-py componentize app -o build/component.wasm"),
    ("build", "", "Component built successfully"),
    ("host", "info", "compiled 18.2 MB in 2.9 s, kept for the next time"),
    ("host", "info", "serving http://127.0.0.1:8000"),
    ("http", "info", "GET / 200 2.4 ms"),
    ("guest", "info", "counter is 1"),
    ("http", "info", "GET / 200 2.2 ms"),
    ("guest", "debug", "keyvalue: increment hits by 1"),
    (
        "guest",
        "warn",
        "the header X-Request-Id is missing; using one of our own, which is longer than this pane is wide",
    ),
    ("stderr", "", "\x1b[32mgreen\x1b[0m and \x1b[1mbold\x1b[0m stay, \x1b]0;titles\x07 \x1b[2Jdo not"),
    ("http", "error", "GET /boom 500 1.1 ms: wasi:keyvalue/store is off"),
)


def write_journal(path: Path, times: int = 1) -> None:
    with JournalWriter(path) as journal:
        for number in range(times):
            for at, (source, level, text) in enumerate(LINES):
                journal.write(source, level, text, time_ms=int(NOW * 1000) + number * 1000 + at * 37)
