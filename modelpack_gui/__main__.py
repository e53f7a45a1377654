"""`python -m modelpack_gui`: the command line."""

from __future__ import annotations

from modelpack_gui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
