"""
lemon24/reader, with its own defaults and 20 workers. Runs in an environment of its own, with `reader` and `sgmllib3k`.

    python lemon.py DATABASE FILE_OF_URLS
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import requests.adapters
from reader import make_reader  # type: ignore[import-not-found]


def main(database: str, urls: str) -> None:
    if bundle := os.environ.get("REQUESTS_CA_BUNDLE"):  # it does not look there by itself
        requests.adapters.DEFAULT_CA_BUNDLE_PATH = bundle
    reader = make_reader(database)
    for url in Path(urls).read_text().split():
        reader.add_feed(url, exist_ok=True)
    reader.update_feeds(scheduled=False, workers=20)
    reader.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
