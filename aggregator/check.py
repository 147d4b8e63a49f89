"""The rules' own tests, tried."""

from __future__ import annotations

from collections.abc import Iterator

from .classify import Classifier
from .config import Config
from .errors import Complaint
from .language import language_of
from .model import Trial
from .rules import rules_digest


def failed_trials(settings: Config) -> list[Complaint]:
    """A complaint for each test that does not come out as the operator wants, in the order of the file."""
    return list(_failures(settings, Classifier(settings.topics, rules_digest(settings.topics))))


def _failures(settings: Config, classifier: Classifier) -> Iterator[Complaint]:
    for trial in settings.trials:
        because = found(trial, classifier, settings)
        if trial.wanted and because is None:
            text = f"{trial.topic!r} should find «{trial.headline}», and does not: no term fits it"
        elif not trial.wanted and because is not None:
            text = f"{trial.topic!r} should leave «{trial.headline}» alone, and finds it: {because}"
        else:
            continue
        yield Complaint(str(settings.path), trial.line, trial.column, text)


def found(trial: Trial, classifier: Classifier, settings: Config) -> str | None:
    """Why the topic finds the headline; None if it does not. Its language is found out as an article's would be."""
    language = language_of(trial.headline) or settings.imprint.language
    filings = classifier.topics_of(trial.headline, language)
    return next((f.because for f in filings if f.topic == trial.topic), None)
