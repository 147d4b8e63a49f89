"""
What it costs to start: the commands that an operator types, from nothing to the prompt.

    .venv/bin/python -m benchmarks.startup [--runs 7]

Each is a process of its own in an empty desk, with modules that were compiled before, as after any installation: CPU
milliseconds, user and system, medians and minima. `python` is an interpreter that does nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CONFIG = """\
title: A desk
link: http://127.0.0.1:8080/
identity: desk.example,2026
topics: [{name: grain, match: [зерно, grain]}]
sources: [{name: inbox, files: inbox/}]
"""
COMMANDS = {
    "python": ["-c", ""],
    "--version": ["-m", "aggregator", "--version"],
    "--help": ["-m", "aggregator", "--help"],
    "status": ["-m", "aggregator", "status"],
    "stories": ["-m", "aggregator", "stories"],
    "check": ["-m", "aggregator", "check"],
    "run --once": ["-m", "aggregator", "run", "--once"],
}


def cost(arguments: list[str], folder: Path) -> float:
    """Milliseconds of CPU."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": ""}
    child = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environment,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed")
    return 1000 * (used.ru_utime + used.ru_stime)


def main() -> None:
    parser = argparse.ArgumentParser(description="What it costs to start.")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inbox").mkdir()
        (folder / "inbox" / "rain.md").write_text("# Rain\n\nIt has rained on the steppe.\n")
        (folder / "config.yaml").write_text(CONFIG)
        cost(COMMANDS["run --once"], folder)
        for shown, arguments in COMMANDS.items():
            taken = [cost(arguments, folder) for _ in range(options.runs)]
            print(f"{shown:12}{statistics.median(taken):6.0f}{min(taken):6.0f} ms", flush=True)


if __name__ == "__main__":
    main()
