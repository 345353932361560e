"""What a finger does on a web page that a message led to: the first form that posts, sent once.

A GET proves nothing (a scanner does that too), so pages count a POST; this is how members make one.
"""

import random
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass(kw_only=True)
class Form:
    """A form as the page has it."""

    action: str
    hidden: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)  # name -> values to choose from
    button: tuple[str, str] | None = None  # name and value of the first button that has them

    def filled(self, dice: random.Random) -> dict[str, str]:
        """The fields as a finger leaves them: one choice of each question, the first button."""
        chosen = {name: dice.choice(values) for name, values in self.choices.items()}
        return {**dict(self.hidden), **chosen, **(dict([self.button]) if self.button else {})}


def first_form(page: str, url: str) -> Form | None:
    """The first form of `page` that posts, its action made whole; None if there is none."""
    reader = _Reader()
    reader.feed(page)
    form = reader.found
    if form is not None:
        form.action = urljoin(url, form.action)
    return form


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Form | None = None
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post" and self.found is None:
            self.found = self._open = Form(action=given.get("action", ""))
        if self._open is None or "disabled" in given:
            return
        if tag == "select":
            self._select = given.get("name", "")
        name = self._select if tag == "option" else given.get("name", "")
        if name:
            self._field(self._open, tag, given.get("type", ""), name, given.get("value", ""))

    def _field(self, form: Form, tag: str, kind: str, name: str, value: str) -> None:
        if tag == "option" or (tag == "input" and kind in ("radio", "checkbox")):
            form.choices.setdefault(name, []).append(value or "on")
        elif tag == "input" and kind == "hidden":
            form.hidden.append((name, value))
        elif tag == "button" or (tag == "input" and kind == "submit"):
            form.button = form.button or (name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "select":
            self._select = ""
