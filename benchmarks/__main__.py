"""`python -m benchmarks [--only NAME]…`: run all modules, one after the other, and write the page.

Each module is a process of its own and leaves its figures in `benchmarks/results/<name>.json`; the
page is made from those files, so one module can be run again without the others.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from benchmarks.page import MODULES, write_page


def main() -> int:
    """Run the modules named, or all; 1 where one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(MODULES), metavar="NAME",
                        help=f"one of {', '.join(MODULES)}; may be given several times")  # fmt: skip
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page anew")
    options = parser.parse_args()
    wanted = [] if options.page else options.only or list(MODULES)
    failed = []
    for number, name in enumerate(wanted, 1):
        print(f"[{number}/{len(wanted)}] {name} …", flush=True)
        begun = time.monotonic()
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
        print(f"[{number}/{len(wanted)}] {name}: {time.monotonic() - begun:.0f} s", flush=True)
    page = write_page()
    print(f"written: {page.relative_to(page.parent.parent)}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
