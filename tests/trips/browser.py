"""A browser that lets an app into Xero: opens the page, answers its form, follows it home.

Also run as a program by `webbrowser`: `python browser.py CA_FILE CHOICE URL`.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

LIMIT_S = 20


class Form(HTMLParser):
    """The one form of a page: where it goes, what it keeps, what may be chosen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.kept: dict[str, str] = {}
        self.choices: dict[str, str] = {}
        self._choice = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given["action"]
        elif tag == "input" and given["type"] == "hidden":
            self.kept[given["name"]] = given["value"]
        elif tag == "input":
            self._choice = given["value"]

    def handle_data(self, data: str) -> None:
        if self._choice:
            self.choices[data.strip()] = self._choice
            self._choice = ""


def consent(session: requests.Session, url: str, *organisations: str, answer: str = "allow") -> str:
    """Choose organisations by name and answer; return the address the page sends us to."""
    page = session.get(url, timeout=LIMIT_S)
    assert page.status_code == 200, page.text
    form = Form(page.text)
    chosen = [
        tenant
        for name, tenant in form.choices.items()
        if name.removesuffix(" (connected)") in organisations
    ]
    sent = session.post(
        urljoin(url, form.action),
        data={**form.kept, "organisation": chosen, "answer": answer},
        timeout=LIMIT_S,
        allow_redirects=False,
    )
    assert sent.status_code == 302, sent.text
    return sent.headers["Location"]


def main() -> int:
    ca_file, choice, url = sys.argv[1:]
    with requests.Session() as session:
        session.trust_env, session.verify = False, ca_file
        home = consent(session, url, choice)
        seen = session.get(home, timeout=LIMIT_S, verify=False)
    assert seen.status_code == 200, seen.text
    return 0


if __name__ == "__main__":
    sys.exit(main())
