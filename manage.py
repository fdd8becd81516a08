#!/usr/bin/env python3
"""Django's own commands; `./regulars manage` does the set-up first."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))
    from regulars.manage import main

    main()
