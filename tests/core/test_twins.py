"""What is there twice: found among a thousand, and after every edit as by a fresh look."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.lint import lint
from bot.core.lint.near import BANDS, CROWD, Near, alike, sketch_of
from bot.core.lint.twins import Twins, print_of, twins

from .cast import MONDAY, item
from .test_lint import LEXICON, NAMES

DICE = random.Random(7)
LETTERS = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 3000))


def words(many: int) -> str:
    return "".join(DICE.choice(LETTERS) for _ in range(many))


def edited(text: str, many: int) -> str:
    """Return `text` with `many` of its characters replaced, spread over all of it."""
    letters = list(text)
    for place in range(0, len(text), max(1, len(text) // many)):
        letters[place] = DICE.choice(LETTERS)
    return "".join(letters)


def text(path: str, body: str, **changes):
    title = changes.pop("title", f"题{path}")
    one = item(changes.pop("id", path), title=title, path=path, **changes)
    return replace(one, sections={"经过": body, "问题在哪": "谁请客，谁买单。"})


def told(*items):
    return [(one.path, one.code, one.severity) for one in lint(items, MONDAY, NAMES, LEXICON)]


# -- titles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["谁买的单", "“谁买的单”", "谁 买的单？"])
def test_a_title_used_twice_is_told_of_the_later_file(title):
    first, second = text("a.md", "甲", title="谁买的单"), text("b.md", "乙", title=title)
    for items in ((first, second), (second, first)):
        assert told(*items) == [("b.md", "title-twice", "warning")]


def test_a_correction_may_bear_the_title_and_the_words_of_what_it_corrects():
    first = text("a.md", words(300), title="谁买的单", id="SC-01")
    second = replace(first, path="b.md", id="GZ-01", corrects="sc-01")
    assert told(first, second) == []
    assert told(first, replace(second, corrects="SC-02")) == [("b.md", "text-twice", "warning")]


# -- texts -----------------------------------------------------------------------------------------


def test_a_text_that_is_nearly_another_is_told_of_the_later_file_with_the_name_of_the_first():
    body = words(400)
    first, second = text("a.md", body), text("b.md", edited(body, 8))
    (problem,) = lint([second, first], MONDAY, NAMES, LEXICON)
    assert (problem.path, problem.code, problem.severity) == ("b.md", "text-twice", "warning")
    assert "a.md" in problem.message


@pytest.mark.parametrize("change", [lambda t: t, lambda t: "，".join(t), lambda t: t[:-20]])
def test_blanks_and_points_and_a_lost_end_make_no_other_text(change):
    body = words(400)
    assert told(text("a.md", body), text("b.md", change(body)))


def test_texts_with_half_of_their_words_in_common_are_two_texts():
    body = words(400)
    assert told(text("a.md", body), text("b.md", body[:200] + words(200))) == []


def test_short_texts_are_alike_by_chance():
    assert told(text("a.md", "谁请客，谁买单。"), text("b.md", "谁请客，谁买单。")) == []


def test_an_estimate_of_likeness_is_close_to_the_truth():
    off = []
    for _ in range(60):
        body = words(500)
        other = edited(body, DICE.randrange(1, 120))
        mine, theirs = ({one[at : at + 4] for at in range(497)} for one in (body, other))
        true = len(mine & theirs) / len(mine | theirs)
        off.append(abs(alike(sketch_of(body), sketch_of(other)) - true))
    assert sum(off) / len(off) < 0.05


def test_nearly_every_pair_of_near_copies_among_many_is_found():
    index = Near(lambda one, other: False)
    bodies = [words(400) for _ in range(200)]
    index.change((), [(f"a{n:03d}", sketch_of(body)) for n, body in enumerate(bodies)])
    index.change((), [(f"b{n:03d}", sketch_of(edited(b, 8))) for n, b in enumerate(bodies)])
    found = sum(index.first.get(f"b{n:03d}") == f"a{n:03d}" for n in range(200))
    assert found >= 198
    assert len(index.first) == found


def test_a_thousand_copies_cost_a_thousand_comparisons():
    """Counted, not timed: each is held against the first of its band, or against none."""
    body = words(400)
    asked = []
    index = Counting(asked)
    sketches = [(f"{n:04d}", sketch_of(edited(body, 4))) for n in range(1000)]
    index.change((), sketches)
    assert len(index.first) > 990
    assert len(asked) < 3 * len(sketches)


def test_a_thousand_texts_with_half_in_common_are_compared_with_a_few_each():
    shared = words(250)
    asked = []
    index = Counting(asked)
    index.change((), [(f"{n:04d}", sketch_of(shared + words(250))) for n in range(1000)])
    assert index.first == {}
    assert 0 < len(asked) < 1000 * CROWD * BANDS / 4


class Counting(Near):
    """Notes each comparison."""

    def __init__(self, asked: list[tuple[str, str]]) -> None:
        super().__init__(lambda one, other: False)
        self._asked = asked

    def _are_near(self, one: str, other: str) -> bool:
        self._asked.append((one, other))
        return super()._are_near(one, other)


POOL = [words(150) for _ in range(3)]
POOL += [edited(one, 4) for one in POOL]
STEPS = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.sampled_from([*range(len(POOL)), None]),  # None: the file is taken away
        st.sampled_from(["N1", "n1", "N2", "N3"]),
        st.sampled_from(["甲", "乙", "“甲”"]),
        st.sampled_from(["", "N1", "N2"]),
    ),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=150)
def test_after_every_edit_the_answer_is_that_of_a_fresh_look(steps):
    kept, files = Twins(), {}
    for path, body, id, title, corrects in steps:
        gone = [path] if files.pop(path, None) else []
        if body is not None:
            files[path] = text(path, POOL[body], id=id, title=title, corrects=corrects)
        kept.change(gone, [print_of(files[path])] if path in files else [])
        fresh = sorted(twins(map(print_of, files.values())), key=str)
        assert sorted(kept.problems(), key=str) == fresh
