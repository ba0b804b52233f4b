"""`python -m engine.cli` is `wake`, for callers that must not depend on PATH."""

from engine.cli.main import main

raise SystemExit(main())
