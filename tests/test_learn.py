"""Topics that learn from examples: what is learned, when, and what is told of it. The news here is made up of words."""

from __future__ import annotations

import json
import logging
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import learn
from aggregator.classify import Classifier
from aggregator.cli import main
from aggregator.config import load
from aggregator.coverage import Coverage
from aggregator.errors import ConfigError, LearningError
from aggregator.jobs import Desk, run, take_lessons
from aggregator.learn import Model, Text, fit, train
from aggregator.model import Decision, Job, Like, Opening, Rule, Topic, Verdict, Visit
from aggregator.rules import edition_digest, parse_term, rules_digest
from aggregator.stores import Store
from aggregator.stores.sqlite import open_store
from aggregator.teach import Lesson, recall, teach
from aggregator.text import words

from .make import IMPRINT, NOON, article, source, story, topic

MONEY = "ставка ставку ставки инфляция инфляции тенге нацбанк нацбанка кредиты депозит регулятор доллар".split()
FOOTBALL = "матч гол голы тренер тренера сборная сборной стадион вратарь кубок судья тайм".split()
SYLLABLES = "на по ка ре то ни ва ли ста про ме ру ден со ги пра ло му зе ши чер бу фо".split()
EVERYDAY = ["".join(random.Random(n).choices(SYLLABLES, k=2 + n % 3)) for n in range(900)]


def news(number: int, *about: str) -> Text:
    """A text that nobody else has; a third of its words are of these."""
    draw = random.Random(f"{number} {about[:1]}")
    said = [draw.choice(about) if about and draw.random() < 0.33 else draw.choice(EVERYDAY) for _ in range(90)]
    return " ".join(said[:8]).capitalize(), " ".join(said[8:]).capitalize() + "."


def some(count: int, *about: str, start: int = 0) -> list[Text]:
    return [news(n, *about) for n in range(start, start + count)]


APART = [(" ".join(EVERYDAY[n * 60 : n * 60 + 8]), " ".join(EVERYDAY[n * 60 + 8 : n * 60 + 60])) for n in range(12)]
"""Texts that share no word."""
OTHERS = some(100) + some(30, *FOOTBALL)


@pytest.fixture(scope="module")
def money() -> Model:
    return train(some(12, *MONEY), [], OTHERS)


def like(model: Model, texts: list[Text]) -> int:
    return sum(model.score(text) >= model.needed for text in texts)


# --- what is learned -------------------------------------------------------------------------------------------------


def test_news_like_the_examples_is_found_and_other_news_is_not(money: Model) -> None:
    assert like(money, some(40, *MONEY, start=500)) >= 38
    assert like(money, some(200, start=500) + some(50, *FOOTBALL, start=500)) == 0


def test_the_strongest_words_are_words_of_the_text_one_of_each_root(money: Model) -> None:
    text = news(700, *MONEY)
    because = money.because(text)
    assert len(because) == len({learn.root(word) for word in because}) == 3
    assert {*because} <= {*MONEY} & {*words(" ".join(text))}


def test_a_text_without_words_is_like_nothing(money: Model) -> None:
    assert money.score(("", "...")) == 0
    assert money.because(("", "...")) == []


def test_a_text_in_another_language_is_like_nothing(money: Model) -> None:
    assert like(money, [("Bank raises its rate", "The bank has raised its rate to fight inflation. " * 5)]) == 0


SMALL = fit(some(5, *MONEY), [], some(20))


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=300))
def test_any_text_can_be_scored(title: str, body: str) -> None:
    assert np.isfinite(SMALL.score((title, body)))
    assert {*SMALL.because((title, body))} <= {*words(title), *words(body)}


def test_unlabelled_news_of_the_topic_among_the_others_costs_some_news_and_brings_none() -> None:
    model = train(some(12, *MONEY), [], OTHERS + some(12, *MONEY, start=100))
    assert like(model, some(40, *MONEY, start=500)) >= 24
    assert like(model, some(200, start=500)) == 0


def test_what_the_topic_must_not_have_is_learned_too() -> None:
    yes, no = [news(n, *MONEY, *FOOTBALL) for n in range(12)], some(12, *FOOTBALL, start=40)
    football = some(40, *FOOTBALL, start=500)
    assert like(train(yes, [], some(100)), football) > 20
    assert like(train(yes, no, some(100)), football) == 0


def test_to_leave_a_text_out_is_not_to_have_learned_from_it() -> None:
    draw = np.random.default_rng(1)
    texts = draw.normal(size=(9, 4))
    products, labels = texts @ texts.T, np.array([1.0] * 3 + [0.0] * 6)
    _, left_out = learn._solve(products, labels)
    weight = 9 / 2 / np.array([3.0] * 3 + [6.0] * 6)
    for n in range(9):
        rest = [m for m in range(9) if m != n]
        kernel = products[np.ix_(rest, rest)] + 1 + np.diag(learn._RIDGE / weight[rest])
        assert left_out[n] == pytest.approx((products[n, rest] + 1) @ np.linalg.solve(kernel, labels[rest]))


@pytest.mark.parametrize(
    ("examples", "others", "complaint"),
    [
        (some(4, *MONEY), OTHERS, "5 different examples at least are needed, and there are 4"),
        ([news(1, *MONEY)] * 20, OTHERS, "5 different examples at least are needed, and there are 1"),
        ([(f"{'.' * n}", "—") for n in range(20)], OTHERS, "5 different examples at least are needed, and there are 0"),
        (some(12, *MONEY), some(99), "100 other stories at least are needed to tell from, and there are 99"),
        ([(4 * a, 4 * a) for a in "абвгд"], [("", "")] * 100, "no two of these texts"),
        (APART, OTHERS, "the examples have too little in common"),
    ],
    ids=["few", "equal", "no words", "few others", "nothing to compare", "nothing in common"],
)
def test_what_cannot_be_learned_from_is_refused(examples: list[Text], others: list[Text], complaint: str) -> None:
    with pytest.raises(LearningError, match=complaint):
        train(examples, [], others)


def test_a_model_comes_back_from_its_bytes(money: Model) -> None:
    again = Model.from_bytes(money.to_bytes())
    assert (again.digest, again.needed, again.known) == (money.digest, money.needed, money.known)
    assert again.score(news(3, *MONEY)) == money.score(news(3, *MONEY))
    assert again.to_bytes() == money.to_bytes()


def test_every_process_learns_the_same() -> None:
    texts = repr((some(5, *MONEY), [], some(20)))
    program = f"from aggregator.learn import fit; print(fit(*{texts}).digest)"
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True,
            cwd=Path(__file__).parent.parent, env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert digests == {f"{SMALL.digest}\n"}


# --- when ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "river.db", writing=True)
    store.register([source()], {"money": "m"}, NOON)
    keep(store, 0, OTHERS)
    yield store
    store.close()


def keep(store: Store, start: int, texts: list[Text]) -> None:
    """As new stories, numbered from `start`."""
    decisions = []
    for n, (title, body) in enumerate(texts, start):
        made = article(n, title=title, content=f"<p>{body}</p>", language="ru")
        opens = Opening(guid=f"tag:news.example,2026:{n}", listed_at=NOON)
        decisions.append(Decision(article=made, verdict=Verdict.NEW, story=made.id, because="new", opens=opens))
    store.save(Visit(source="alpha", at=NOON, next_at=NOON, checkpoint={}), decisions)


def folder_of(texts: list[Text], folder: Path) -> Path:
    folder.mkdir(parents=True)
    for n, (title, body) in enumerate(texts):
        (folder / f"{n}.txt").write_text(f"{title}\n\n{body}", encoding="utf-8")
    return folder


def learning(store: Store, given: Like) -> Lesson:
    return teach(topic("money", like=given), given, store)


TEXTS = Like(texts=tuple(f"{title}\n{body}" for title, body in some(12, *MONEY)))


def test_what_was_learned_is_kept_and_not_learned_again_at_every_article(store: Store) -> None:
    first = learning(store, TEXTS)
    assert first.report == (
        "learned from 12 examples and 128 other texts; 100% of the examples are known without being learned from"
    )
    keep(store, 1000, some(20, start=900))
    again = learning(store, TEXTS)
    assert (again.report, again.complaint) == ("", "")
    assert again.model
    assert first.model
    assert again.model.digest == first.model.digest
    assert recall([topic("money", like=TEXTS)], store)["money"].digest == first.model.digest


def test_other_examples_and_an_archive_of_twice_the_size_are_learned_from_anew(store: Store) -> None:
    learning(store, TEXTS)
    assert learning(store, Like(texts=TEXTS.texts[1:])).report.startswith("learned from 11 examples and 128 ")
    keep(store, 1000, some(126, start=900))
    assert learning(store, Like(texts=TEXTS.texts[1:])).report.startswith("learned from 11 examples and 256 ")


def test_a_hundred_other_stories_are_enough_and_how_many_there_are_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path / "river.db", writing=True)
    store.register([source()], {"money": "m"}, NOON)
    keep(store, 1, some(99))
    assert learning(store, TEXTS).complaint == "100 other stories at least are needed to tell from, and there are 99"
    keep(store, 500, some(1, start=500))
    assert learning(store, TEXTS).report.startswith("learned from 12 examples and 100 other texts")
    keep(store, 600, some(20, start=600))
    assert not learning(store, TEXTS).report, "not learned again before there are 128"
    store.close()


def test_stories_of_the_archive_are_examples_and_not_others(store: Store) -> None:
    keep(store, 2000, some(6, *MONEY))
    ids = tuple(article(n).id for n in range(2000, 2003))
    links = tuple(article(n).url for n in range(2003, 2006))
    lesson = learning(store, Like(stories=(*ids, *links, "https://gone.example/")))
    assert lesson.report.startswith("learned from 6 examples and 128 other texts")
    assert lesson.complaint == "no story here has the link, guid or id https://gone.example/"


def test_a_folder_has_examples_and_what_is_none(store: Store, tmp_path: Path) -> None:
    yes, no = folder_of(some(9, *MONEY), tmp_path / "yes"), folder_of(some(5, *FOOTBALL), tmp_path / "no")
    (yes / "notes.md").write_text("not an example")
    assert learning(store, Like(folder=yes, unlike=no)).report.startswith("learned from 9 examples and 133 other texts")


def test_spoilt_examples_leave_in_force_what_was_learned_before(store: Store, tmp_path: Path) -> None:
    yes = folder_of(some(9, *MONEY), tmp_path / "yes")
    before = learning(store, Like(folder=yes)).model
    for path in list(yes.glob("*.txt"))[:6]:
        path.unlink()
    after = learning(store, Like(folder=yes))
    assert before
    assert after.model
    assert after.model.digest == before.digest
    assert after.complaint == "5 different examples at least are needed, and there are 3"


def test_a_file_that_cannot_be_read_is_a_complaint(store: Store, tmp_path: Path) -> None:
    yes = folder_of(some(9, *MONEY), tmp_path / "yes")
    (yes / "folder.txt").mkdir()
    assert "folder.txt cannot be read" in learning(store, Like(folder=yes)).complaint


def test_when_the_topics_have_learned_there_is_nothing_left_to_file(store: Store, tmp_path: Path) -> None:
    wanted = topic("money", like=TEXTS)
    for restart in range(2):
        desk = Desk(
            sources={}, topics={"money": wanted}, imprint=IMPRINT, store=store, web=cast(Any, None),
            rules="rules", coverage=Coverage(), feeds=tmp_path,
        )  # fmt: skip
        assert store.unfiled(desk.classifier.digest, 1), "what is learned is not known yet"
        take_lessons(desk)
        assert bool(store.unfiled(desk.classifier.digest, 1)) == (restart == 0)
        run(Job("classify"), desk)
        assert not store.unfiled(desk.classifier.digest, 1)


# --- filing ----------------------------------------------------------------------------------------------------------


def reasons(model: Model | None, text: Text, wanted: Topic) -> list[str]:
    """Why a story of this text is for the topic."""
    classifier = Classifier([wanted], "rules")
    classifier.take({wanted.name: model} if model else {})
    title, body = text
    return [f.because for f in classifier.file(story(article(title=title, content=f"<p>{body}</p>", language="ru")))]


def test_the_reason_has_the_score_and_the_words(money: Model) -> None:
    text = news(700, *MONEY)
    [because] = reasons(money, text, topic("money", like=TEXTS))
    most = ", ".join(money.because(text))
    assert because == f"like its examples: {money.score(text):.2f} (needed {money.needed:.2f}), most for {most}"
    assert not reasons(money, news(700), topic("money", like=TEXTS))


def test_with_a_rule_as_well_both_must_hold(money: Model) -> None:
    title, body = news(700, *MONEY)
    wanted = topic("money", like=TEXTS, rule=Rule(all=(parse_term("тенге*"),), none=(parse_term("футбол"),)))
    assert not reasons(money, (title, body.replace("тенге", "рубль")), wanted)
    assert not reasons(money, (title, f"{body} Тенге. Футбол."), wanted)
    [because] = reasons(money, (title, f"{body} Тенге."), wanted)
    assert because.startswith("тенге*: «тенге» in the text, 3 times in all; like its examples: ")


def test_before_anything_is_learned_nothing_is_for_the_topic() -> None:
    assert not reasons(None, news(700, *MONEY), topic("money", like=TEXTS))


def test_the_rules_own_tests_try_the_rule_alone() -> None:
    wanted = topic("money", like=TEXTS, rule=Rule(any=(parse_term("тенге"),)))
    assert Classifier([wanted], "").topics_of("Тенге окреп", "ru")


def test_stories_are_filed_anew_when_something_else_was_learned(money: Model) -> None:
    classifier = Classifier([], "rules")
    classifier.take({"money": money})
    digest = classifier.digest
    classifier.take({"money": train(some(11, *MONEY), [], OTHERS)})
    assert len({"rules", digest, classifier.digest}) == 3


def test_examples_matter_to_the_rules_and_not_to_the_edition() -> None:
    learning, other = topic("money", like=TEXTS), topic("money", like=Like(texts=TEXTS.texts[1:]))
    assert rules_digest([learning]) != rules_digest([other])
    assert edition_digest(IMPRINT, learning) == edition_digest(IMPRINT, other)


# --- the configuration -----------------------------------------------------------------------------------------------

DESK = "title: Desk\nsources: [{name: inbox, files: inbox}]\ntopics:\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, and we are in it."""
    (tmp_path / "inbox").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def topics(text: str) -> tuple[Topic, ...]:
    Path("config.yaml").write_text(DESK + text, encoding="utf-8")
    return load(Path("config.yaml")).topics


def test_examples_are_stories_and_texts(desk: Path) -> None:
    keys = ("3f9a20c41b7d", "https://пример.example/курс", "tag:news.example,2026:1")
    texts = (" ".join(EVERYDAY[:20]), "央行加息以抑制通货膨胀并稳定汇率市场人士表示欢迎")
    [_, money] = topics(f"  - name: money\n    like: {json.dumps([*keys, *texts], ensure_ascii=False)}\n")
    assert money.like == Like(stories=keys, texts=texts)
    assert money.rule is None


def test_examples_are_a_folder(desk: Path) -> None:
    folder_of(some(5), desk / "examples")
    [_, money] = topics("  - {name: money, match: тенге, like: examples}\n")
    assert money.like == Like(folder=desk / "examples")
    folder_of(some(5), desk / "examples" / "yes")
    (desk / "examples" / "no").mkdir()
    [_, money] = topics("  - {name: money, like: examples/}\n")
    assert money.like == Like(folder=desk / "examples" / "yes", unlike=desk / "examples" / "no")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("  - {name: money, like: [aaaaaa, bbbbbb]}", "4:25: 5 to 500 examples are wanted, and there are 2"),
        ("  - {name: money, like: []}", "4:25: 5 to 500 examples are wanted, and there are 0"),
        ("  - {name: money, like: nowhere}", "4:25: there is no folder <desk>/nowhere"),
        ("  - {name: money, like: inbox}",
         "4:25: 5 texts (*.txt) at least are wanted in <desk>/inbox, and there are 0"),
        ("  - {name: money, like: }",
         "4:19: a folder with texts is wanted, or a list of stories (link or id) and texts"),
        ("  - {name: money, like: [курс тенге]}",
         "4:26: an example is a link or id of a story, or a text of 20 words at least"),
        ("  - {name: all, like: [a, b, c, d, e]}", "4:17: the topic 'all' has every story; it takes no 'like'"),
        ("  - {name: money, like: [a, b, c, d, e], tests: {match: [x]}}",
         "4:49: headlines try the rule of 'match', and there is none beside 'like'"),
    ],
)  # fmt: skip
def test_wrong_examples_are_complaints(text: str, complaint: str, desk: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        topics(text)
    assert [str(c) for c in raised.value.complaints] == [f"config.yaml:{complaint}".replace("<desk>", str(desk))]


# --- all together ----------------------------------------------------------------------------------------------------


def test_a_desk_learns_and_explains(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder_of(some(12, *MONEY), desk / "examples")
    Path("config.yaml").write_text(f"{DESK}  - {{name: money, like: examples}}\n", encoding="utf-8")
    inbox(some(60))
    with caplog.at_level(logging.INFO, "river"):
        assert aggregator("run", "--once") == ""
    assert "money: like: 100 other stories at least are needed to tell from, and there are 60" in caplog.text
    assert aggregator("stories", "--topic", "money") == ""
    some_id = json.loads(aggregator("stories", "--json").splitlines()[0])["id"]
    assert "money: it has learned nothing from its examples yet" in aggregator("explain", some_id)
    assert "warning: 'money': like: 100 other stories at least are needed to tell from, and" in aggregator("check")
    inbox([*OTHERS, news(700, *MONEY)])
    with caplog.at_level(logging.INFO, "river"):
        assert aggregator("run", "--once") == ""
    assert "money: learned from 12 examples and 128 other texts" in caplog.text
    [line] = aggregator("stories", "--topic", "money", "--json").splitlines()
    assert "money: like its examples: " in aggregator("explain", json.loads(line)["id"])
    assert "have changed since" not in aggregator("explain", json.loads(line)["id"])
    assert aggregator("plan") == "nothing would change\n"
    assert "of 131 stories: money 1, in no topic 130\n" in aggregator("check")
    assert "money has 1 of 131 stories" in aggregator("check", "--words", "money")
    [seen] = [row for row in aggregator("preview", "inbox", "--json").splitlines() if '"topic": "money"' in row]
    assert json.loads(seen)["title"] == json.loads(line)["title"]


def test_a_plan_tells_what_other_examples_would_bring_and_keeps_nothing(desk: Path) -> None:
    folder_of(some(12, *MONEY), desk / "examples")
    folder_of(some(12, *FOOTBALL, start=500), desk / "matches")
    Path("config.yaml").write_text(f"{DESK}  - {{name: money, like: examples}}\n", encoding="utf-8")
    Path("next.yaml").write_text(f"{DESK}  - {{name: money, like: matches}}\n", encoding="utf-8")
    matches = some(10, *FOOTBALL, start=700)
    inbox([*some(128), *some(10, *MONEY, start=700), *matches])
    aggregator("run", "--once")
    filed = {json.loads(line)["title"] for line in aggregator("stories", "--topic", "money", "--json").splitlines()}
    transfers = json.loads(aggregator("plan", "next.yaml", "--json"))["transfers"]
    entering = {t["title"] for t in transfers if t["enters"]}
    assert entering
    assert entering <= {title for title, _ in matches}
    assert {t["title"] for t in transfers if not t["enters"]} == filed
    assert aggregator("plan") == "nothing would change\n", "what was learned for a plan is not kept"


def inbox(texts: list[Text]) -> None:
    """Drop a feed of these texts there."""
    items = [{"id": f"{n}", "title": title, "content_text": body} for n, (title, body) in enumerate(texts)]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "items": items}
    Path(f"inbox/{len(texts)}.json").write_text(json.dumps(feed, ensure_ascii=False), encoding="utf-8")
    os.utime(f"inbox/{len(texts)}.json", (1_790_000_000, 1_790_000_000))


def aggregator(*args: str) -> str:
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == 0, result.output
    return result.stdout
