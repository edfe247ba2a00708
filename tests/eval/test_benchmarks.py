"""Benchmarks: their files, and their protocol."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from hasila.data.errors import HasilaError
from hasila.data.types import Span
from hasila.data.words import words
from hasila.eval.benchmarks import (
    BENCHMARKS,
    Benchmark,
    benchmark_scores,
    content_sha256,
    load_benchmark,
    read_sentences,
    tagged_spans,
    token_tags,
)

LINES = "فرانكفورت\tB-LOC\n(د\tO\nأ)\tO\n\nقال\tO\nغيث\tI-PERS\nالطراونة\tI-PERS\n"


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "train.conll"
    made.write_text(LINES, "utf-8")
    return made


def test_sentences_have_the_files_tokens_and_our_spans(path) -> None:
    first, second = read_sentences(path)
    assert first.report.text == "فرانكفورت (د أ)"
    assert [second.report.surface(span) for span in second.report.spans] == ["غيث الطراونة"]
    assert second.tags == ("O", "I-PERS", "I-PERS")


def test_spans_begin_and_end_at_our_words(path) -> None:
    for sentence in read_sentences(path):
        offsets = words(sentence.report.text)
        assert {start for start, _ in offsets} >= {s.start for s in sentence.report.spans}
        assert {end for _, end in offsets} >= {s.end for s in sentence.report.spans}


def test_perfect_spans_score_100_as_published_and_less_when_strict(path) -> None:
    """The gold has an orphan I-, which no valid IOB2 can match."""
    sentences = read_sentences(path)
    found = benchmark_scores(sentences, [s.report.spans for s in sentences])
    assert (found.precision, found.recall, found.f1) == (1, 1, 1)
    assert found.strict_f1 < 1
    nothing = benchmark_scores(sentences, [(), ()])
    assert nothing.f1 == nothing.strict_f1 == 0


def test_a_span_over_part_of_a_token_covers_it(path) -> None:
    first, _ = read_sentences(path)
    at = first.report.text.index("د")
    assert token_tags(first, [Span(at, at + 1, "LOC")]) == ["O", "B-LOC", "O"]


@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), max_size=8))
def test_tags_are_read_as_seqeval_reads_them(tags: list[str]) -> None:
    theirs = [(first, last, label) for label, first, last in get_entities(tags)]
    assert list(tagged_spans(tags)) == theirs


def test_the_checksum_is_of_the_content(tmp_path, path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(LINES.replace("\t", " ").replace("\n", "\r\n"), "utf-8")
    assert content_sha256(read_sentences(other)) == content_sha256(read_sentences(path))
    other.write_text(LINES.replace("B-LOC", "B-ORG"), "utf-8")
    assert content_sha256(read_sentences(other)) != content_sha256(read_sentences(path))


def a_benchmark(checksum: str, labels: tuple[str, ...] = ("LOC", "PERS")) -> Benchmark:
    return Benchmark("Small", labels, {"train": "train.conll"}, {"train": checksum}, (), "")


def test_files_that_are_not_the_published_ones_are_refused(path) -> None:
    right = content_sha256(read_sentences(path))
    assert len(load_benchmark(a_benchmark(right), path.parent)["train"]) == 2
    with pytest.raises(HasilaError, match="not the published file"):
        load_benchmark(a_benchmark("0" * 64), path.parent)
    assert load_benchmark(a_benchmark("0" * 64), path.parent, verify=False)
    with pytest.raises(HasilaError, match="labels that Small has not"):
        load_benchmark(a_benchmark(right, ("LOC",)), path.parent)


def test_a_line_of_three_columns_is_named(path) -> None:
    path.write_text("قال\tO\nغيث\tB-PERS\tx\n", "utf-8")
    with pytest.raises(HasilaError, match=r"train\.conll:2: expected a token and a tag"):
        read_sentences(path)


def test_every_published_figure_names_its_source() -> None:
    for benchmark in BENCHMARKS.values():
        assert list(benchmark.labels) == sorted(benchmark.labels)
        assert all(50 < float(known.f1) < 100 and known.source for known in benchmark.published)


def test_the_documented_figures_are_those_printed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")
    rows = re.findall(r"^\|[^|]*\| ([^|]+) \| (\d+\.\d+) \|", page, re.MULTILINE)
    figures = [(one.system, one.f1) for part in BENCHMARKS.values() for one in part.published]
    assert rows == figures
