"""
The whole product among bad servers and broken feeds: what is wanted of each case, what happened, and if that is well.

    .venv/bin/python -m benchmarks.hostile [--corpus DIR] [--all] [--only CASE ...]

Without --corpus the cases are those of tests/data/hostile. Another corpus is a folder with a manifest.json of the same
form, its bodies and, if it misbehaves in ways of its own, a server.py with `start(host)`. Ends with 1 if anything is
not well; prints only what is not, unless --all is given.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.hostile import server
from tests.hostile.corpus import OURS, Case, load
from tests.hostile.judge import complaints, told, wanted
from tests.hostile.replay import Replay, replay


def starter(folder: Path) -> Callable[[str], Any]:
    """Starts the server of a corpus at an address: its own, if it has brought one."""
    file = folder / "server.py"
    if not file.exists():
        return partial(server.start, folder)
    spec = importlib.util.spec_from_file_location("corpus_server", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return partial(module.start)


def table(cases: Mapping[str, Case], came: Replay, canary: Any, everything: bool) -> int:
    """Print it; how many cases are not well."""
    bad = 0
    called = {hit["case"] for hit in canary.state.canary}
    for name, case in cases.items():
        wrong = complaints(case, came.cases[name], name in called)
        bad += bool(wrong)
        if wrong or everything:
            print(f"{name:26} {'NO' if wrong else 'ok':3} {wanted(case)}\n{'':31}{told(came.cases[name])}")
        for complaint in wrong:
            print(f"{'':31}! {complaint}")
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description="The whole product among bad servers and broken feeds.")
    parser.add_argument("--corpus", "--shared", type=Path, default=OURS)
    parser.add_argument("--all", action="store_true", help="print every case, not only those that are not well")
    parser.add_argument("--only", nargs="+", metavar="CASE")
    args = parser.parse_args()
    cases = load(args.corpus)
    cases = {name: cases[name] for name in args.only or cases}
    with server.serving(cases, starter(args.corpus)) as (servers, canary), tempfile.TemporaryDirectory() as folder:
        came = replay(Path(folder), cases, servers, ["/etc/passwd", str(args.corpus)])
        bad = table(cases, came, canary, args.all)
    outside = sorted(a for a in came.called if not a.startswith("127."))
    print(f"{len(cases)} cases, {bad} not well; runs of {', '.join(f'{s:.0f} s' for s in came.seconds)}")
    print(f"memory {came.memory:.0f} MB; outside connections: {outside or 'none'}; opened: {came.opened or 'none'}")
    print(f"defects: {came.said.count('a defect in this program')}; exit codes {came.codes}")
    return int(bool(bad or outside or came.opened))


if __name__ == "__main__":
    sys.exit(main())
