"""
The tables of the SQLite store, and the door to sqlite-utils.

    sources                        who is visited, and how it went
      echoes                       what their items said last
    articles  -> stories           what is remembered for ever
      texts, versions              what is held: the words, and those that they replaced
      whole_articles               articles with their words, a view
      marks, new_marks             which stories have which phrases, to find the same text again
      rulings                      what the operator has said of it
      aliases                      other ids under which they have come
      sorting                      under which version of its rules they were sorted, one row
    stories   -> filings, rules    which topics, under which rules
      related                      which are about the same event
      states                       the last one that was given to a story
    models                         what topics have learned from examples
    editions                       which topics have to be published again
      archives                     which stories are sealed in which archive of a topic
    withdrawals, tombstones        which stories were taken back, and which topics have to say so
    minted                         which guids were published, and how, before this database was made
    pings, hubs                    who has to be told of it
    quarantines, quarantined       which sources, and which of their articles, wait for the operator's word

A `number` is for joins only and never leaves the house. Times are microseconds since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING

from ..errors import StoreError

if TYPE_CHECKING:
    from sqlite_utils import Database


FIRST_TABLES = """
CREATE TABLE sources (
    name          TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,
    location      TEXT NOT NULL,
    place         INTEGER,                      -- in the configuration; NULL: no longer there
    host          TEXT NOT NULL,                -- whose turn it is; empty: nobody's
    every         INTEGER NOT NULL,             -- microseconds
    checkpoint    TEXT NOT NULL DEFAULT '{}',   -- JSON
    next_at       INTEGER NOT NULL,
    next_because  TEXT NOT NULL DEFAULT '',
    not_before    INTEGER,
    stopped       INTEGER NOT NULL DEFAULT 0,   -- 1: gone for good, says its server
    standing      TEXT NOT NULL DEFAULT '{}',   -- JSON: what is to be remembered for the next visit
    leased_until  INTEGER,
    last_visit    INTEGER,
    last_success  INTEGER,
    failing_since INTEGER,
    failures      INTEGER NOT NULL DEFAULT 0,
    error         TEXT,
    left_out      TEXT,                         -- what could not be had, while all else was
    new           INTEGER NOT NULL DEFAULT 0,
    visits        INTEGER NOT NULL DEFAULT 0,
    unchanged     INTEGER NOT NULL DEFAULT 0,   -- of these, answered with 304
    requests      INTEGER NOT NULL DEFAULT 0,
    bytes         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sources_due ON sources (next_at, place) WHERE place IS NOT NULL;
CREATE INDEX sources_leased ON sources (host) WHERE leased_until IS NOT NULL;
CREATE INDEX sources_host ON sources (host);

CREATE TABLE echoes (                           -- what the items of a source's last visit said
    number INTEGER PRIMARY KEY,                 -- rows of 6 KB: without it, half of each has a page of its own
    source TEXT NOT NULL UNIQUE,
    said   TEXT NOT NULL                        -- JSON: wording -> id and digest of the article, spelling, date
) STRICT;

CREATE TABLE rules (
    number INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE stories (
    number       INTEGER PRIMARY KEY,           -- that of the article which opened it
    id           TEXT NOT NULL,                 -- that article's too: found by the index of articles
    guid         TEXT NOT NULL UNIQUE,
    lead         INTEGER NOT NULL REFERENCES articles (number),
    lead_because TEXT NOT NULL DEFAULT '',
    listed_at    INTEGER NOT NULL,
    revised_at   INTEGER NOT NULL,              -- by an edit of the lead, or its leaving
    old          INTEGER NOT NULL DEFAULT 0,    -- 1: found at the first visit to its source
    rules        INTEGER REFERENCES rules (number),  -- filed under these; NULL: unfiled
    filed_at     INTEGER,
    state        INTEGER NOT NULL               -- a new number whenever an edition might say something else of it
) STRICT;
CREATE INDEX stories_listed ON stories (listed_at DESC);
CREATE INDEX stories_filed ON stories (rules, listed_at DESC);

CREATE TABLE states (                           -- one row: a story that is dropped and opened again gets a new one, too
    last INTEGER NOT NULL
) STRICT;
INSERT INTO states (last) VALUES (0);

CREATE TABLE articles (
    number        INTEGER PRIMARY KEY,          -- grows in the order of arrival
    id            TEXT NOT NULL UNIQUE,
    -- Articles are written before their stories. The other way round, each would search all stories for its number.
    story         INTEGER NOT NULL REFERENCES stories (number) DEFERRABLE INITIALLY DEFERRED,
    verdict       TEXT NOT NULL,                -- new or copy: how it came into its story
    relation      TEXT NOT NULL DEFAULT 'copy', -- and what it is to the lead, if it is not the lead
    score         REAL NOT NULL DEFAULT 1.0,
    because       TEXT NOT NULL,
    compared      TEXT NOT NULL DEFAULT '',     -- the id of the article that it was compared with
    passage       TEXT NOT NULL DEFAULT '',     -- the longest run of words that both have
    size          INTEGER NOT NULL DEFAULT 0,   -- phrases; see sameness/
    source        TEXT NOT NULL,
    publisher     TEXT NOT NULL,
    guid          TEXT NOT NULL,
    url           TEXT NOT NULL,
    canonical_url TEXT NOT NULL,
    original_url  TEXT NOT NULL,
    title         TEXT NOT NULL,
    authors       TEXT NOT NULL,                -- JSON, as labels and enclosures
    labels        TEXT NOT NULL,
    enclosures    TEXT NOT NULL,
    published_at  INTEGER NOT NULL,
    dated         TEXT NOT NULL,
    date_said     TEXT NOT NULL,
    updated_at    INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    language      TEXT NOT NULL,
    digest        TEXT NOT NULL,
    sketch        TEXT NOT NULL
) STRICT;
CREATE INDEX articles_story ON articles (story);
CREATE INDEX articles_canonical_url ON articles (canonical_url) WHERE canonical_url <> '';
CREATE INDEX articles_sketch ON articles (substr(sketch, 1, 8)) WHERE sketch <> '';

CREATE TABLE marks (                            -- the index of sameness; story is a number, which grows with time
    mark  INTEGER NOT NULL,
    story INTEGER NOT NULL,
    PRIMARY KEY (mark, story)
) STRICT, WITHOUT ROWID;
CREATE TABLE new_marks (                        -- on their way into marks: see _alike
    mark  INTEGER NOT NULL,
    story INTEGER NOT NULL,
    PRIMARY KEY (mark, story)
) STRICT, WITHOUT ROWID;

CREATE TABLE rulings (                          -- by ids, which are the same after a rebuild
    article TEXT NOT NULL,
    story   TEXT NOT NULL,
    belongs INTEGER NOT NULL,                   -- 0: never
    at      INTEGER NOT NULL,
    PRIMARY KEY (article, story)
) STRICT, WITHOUT ROWID;

CREATE TABLE sorting (
    version INTEGER NOT NULL,                   -- of sameness/
    at      INTEGER NOT NULL
) STRICT;

CREATE TABLE aliases (                          -- the last one of an id is what it means now
    number  INTEGER PRIMARY KEY,
    id      TEXT NOT NULL,
    article INTEGER NOT NULL REFERENCES articles (number),
    UNIQUE (id, article)
) STRICT;

CREATE TABLE quarantines (
    source  TEXT PRIMARY KEY,
    at      INTEGER NOT NULL,                   -- since when
    because TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantined (                      -- apart from the articles: nothing may join, file or publish them
    id      TEXT PRIMARY KEY,
    alias   TEXT NOT NULL,                      -- the id that it came with, if that is something else's
    source  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    because TEXT NOT NULL,
    digest  TEXT NOT NULL,                      -- empty: discarded, and remembered for ever
    body    TEXT NOT NULL                       -- JSON: the columns of articles and texts; empty: discarded
) STRICT;
CREATE INDEX quarantined_alias ON quarantined (alias) WHERE alias <> '';
CREATE INDEX quarantined_source ON quarantined (source, at) WHERE body <> '';

CREATE TABLE texts (                            -- apart, so that look-ups do not turn heavy pages
    article INTEGER PRIMARY KEY REFERENCES articles (number),
    source  TEXT NOT NULL,
    summary TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;
CREATE INDEX texts_source ON texts (source);    -- to count what is held without reading it

CREATE VIEW whole_articles AS
    SELECT a.*, coalesce(t.summary, '') AS summary, coalesce(t.content, '') AS content
    FROM articles AS a LEFT JOIN texts AS t ON t.article = a.number;

CREATE TABLE versions (                         -- those no longer in force
    number      INTEGER PRIMARY KEY,
    article     INTEGER NOT NULL REFERENCES articles (number),
    replaced_at INTEGER NOT NULL,
    because     TEXT NOT NULL,                  -- why it was replaced
    body        TEXT NOT NULL                   -- JSON: the columns of articles and texts
) STRICT;
CREATE INDEX versions_article ON versions (article);

CREATE TABLE filings (
    topic     TEXT NOT NULL,
    listed_at INTEGER NOT NULL,                 -- the story's, which never moves: the newest are found without sorting
    story     INTEGER NOT NULL REFERENCES stories (number),
    because   TEXT NOT NULL,
    entered   INTEGER NOT NULL,                 -- the topic's revision since which it is here
    old       INTEGER NOT NULL,                 -- 1: not news, but brought in by a first visit or by changed rules
    archive   INTEGER,                          -- sealed there; NULL: nowhere yet
    PRIMARY KEY (topic, listed_at DESC, story)
) STRICT, WITHOUT ROWID;
CREATE INDEX filings_unsealed ON filings (topic, listed_at) WHERE archive IS NULL;
CREATE INDEX filings_story ON filings (story);

CREATE TABLE related (                          -- about the same event; each pair stands here both ways
    story    INTEGER NOT NULL REFERENCES stories (number) ON DELETE CASCADE,
    other    INTEGER NOT NULL REFERENCES stories (number) ON DELETE CASCADE,
    score    REAL NOT NULL,
    found_at INTEGER NOT NULL,
    PRIMARY KEY (story, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX related_other ON related (other);

CREATE TABLE models (
    topic  TEXT PRIMARY KEY,
    digest TEXT NOT NULL,                       -- of what it was trained with
    body   BLOB NOT NULL
) STRICT;

CREATE TABLE editions (
    topic     TEXT PRIMARY KEY,
    digest    TEXT,                             -- NULL: no longer in the configuration
    opened_at INTEGER NOT NULL,
    revision  INTEGER NOT NULL DEFAULT 1,       -- grows with every change
    published INTEGER NOT NULL DEFAULT 0,       -- the revision that is on disk
    rule      TEXT,                             -- digest of the rule that it is filed under
    held      INTEGER NOT NULL DEFAULT 0        -- 1: not wholly filed under it yet, so not to be published
) STRICT;

-- By guid, which outlives the database: what is sealed, withdrawn or published stays so in the next one.
CREATE TABLE archives (
    topic  TEXT NOT NULL,
    guid   TEXT NOT NULL,                       -- '': what stands there is not known; the number is taken
    number INTEGER NOT NULL,
    PRIMARY KEY (topic, guid)
) STRICT, WITHOUT ROWID;
CREATE INDEX archives_number ON archives (topic, number);

CREATE TABLE withdrawals (
    guid      TEXT PRIMARY KEY,
    at        INTEGER NOT NULL,
    because   TEXT NOT NULL,
    listed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tombstones (
    topic TEXT NOT NULL,
    guid  TEXT NOT NULL REFERENCES withdrawals (guid) ON DELETE CASCADE,
    PRIMARY KEY (topic, guid)
) STRICT, WITHOUT ROWID;

CREATE TABLE minted (
    article   TEXT PRIMARY KEY,                 -- an id
    guid      TEXT NOT NULL,
    listed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX minted_guid ON minted (guid);

CREATE TABLE pings (
    hub      TEXT NOT NULL,
    url      TEXT NOT NULL,
    digest   TEXT NOT NULL,                     -- of the bytes that the hub knows of, or is to be told of
    asked_at INTEGER,                           -- NULL: told, or given up
    PRIMARY KEY (hub, url)
) STRICT, WITHOUT ROWID;
CREATE INDEX pings_waiting ON pings (hub, asked_at) WHERE asked_at IS NOT NULL;

CREATE TABLE hubs (
    url    TEXT PRIMARY KEY,
    due_at INTEGER NOT NULL                     -- left alone until then
) STRICT;
"""


def first_tables(db: Database) -> None:
    """All of them."""
    db.executescript(FIRST_TABLES)


def when_waits_were_set(db: Database) -> None:
    """`set_at`: what the clock said when next_at, not_before, stopped or leased_until of a source was set last."""
    db.execute("ALTER TABLE sources ADD COLUMN set_at INTEGER NOT NULL DEFAULT 0")


def what_was_printed_before(db: Database) -> None:
    """
    Of a story that a database which was lost has published: its date (NULL: that of the article which opened it), and
    in `minted` both dates (NULL: not known) and whether the article led it; of a guid one did, or none is known to.
    """
    db.execute("ALTER TABLE stories ADD COLUMN published_at INTEGER")
    db.execute("ALTER TABLE minted ADD COLUMN led INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE minted ADD COLUMN published_at INTEGER")
    db.execute("ALTER TABLE minted ADD COLUMN updated_at INTEGER")


STEPS: tuple[Callable[[Database], None], ...] = (first_tables, when_waits_were_set, what_was_printed_before)
"""Only add; never edit one that has shipped."""
SET = "aggregator"


def check(conn: Connection, path: Path) -> None:
    """Raises StoreError if the file belongs to another program, or to a newer version of this one."""
    applied = _applied(conn)
    if applied - {step.__name__ for step in STEPS}:
        raise StoreError(f"{path} was written by a newer version of this program; use that version")
    if not applied and _tables(conn) - {RECORD}:
        raise StoreError(f"{path} belongs to another program; name another file at 'database:' in the configuration")


def is_empty(conn: Connection) -> bool:
    """Whether the file has no table of ours yet."""
    return not _applied(conn)


def is_current(conn: Connection) -> bool:
    """Whether the tables are those that this version reads."""
    return _applied(conn) == {step.__name__ for step in STEPS}


def migrate(conn: Connection) -> None:
    """Brings the tables up to date, each step in its own transaction."""
    if is_current(conn):
        return
    from sqlite_utils import Database, Migrations  # 0.14 s, with numpy and dateutil: only for who changes tables

    migrations = Migrations(SET)
    for step in STEPS:
        migrations()(step)
    migrations.apply(Database(conn, recursive_triggers=False, execute_plugins=False))


RECORD = "_sqlite_migrations"
"""The table where sqlite-utils keeps which steps were taken; read here, so that it need not be loaded for that."""
APPLIED = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


def _applied(conn: Connection) -> set[str]:
    return {name for (name,) in conn.execute(APPLIED, (SET,))} if RECORD in _tables(conn) else set()


def _tables(conn: Connection) -> set[str]:
    return {name for (name,) in conn.execute(TABLES)}
