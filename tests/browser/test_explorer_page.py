"""The explorer as a reader uses it: with a mouse, with the keyboard alone, by a link, and on a phone."""

import csv
import io
import json
import time

import pytest

from absorption.publish.explorer import COLUMNS, FOLDER
from absorption.runtime.paths import root

pytestmark = pytest.mark.browser

ENTRIES = [
    entry
    for path in sorted((root() / "results" / FOLDER).glob("*.json"))
    for entry in json.loads(path.read_text(encoding="utf-8"))["entries"]
]
ENTRY = ENTRIES[-1]  # not the one that is shown first
LETTER = max(ENTRY["letters"], key=lambda name: sum(row[5] for row in ENTRY["letters"][name]["rows"]))
TABLES = ENTRY["letters"][LETTER]
CELLS = "return [...document.querySelectorAll('#explorer-rows tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
CHOSEN = """
return Object.fromEntries([...document.querySelectorAll('.explorer select, .explorer-letters input:checked')]
  .map(e => [e.id.split('-')[1], e.value]))
"""
SAVED = """
const made = [];
const create = URL.createObjectURL;
URL.createObjectURL = blob => { made.push(blob); return create(blob); };
document.getElementById('explorer-download').click();
URL.createObjectURL = create;
made[0].text().then(arguments[0]);
"""


@pytest.fixture(params=["disk", "server"])
def page(request, book, address) -> str:
    base = book.as_uri() if request.param == "disk" else address
    return f"{base}/book/explorer.html"


def visit(browser, url: str, width: int = 1280) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    browser.get("about:blank")  # a change of the fragment alone would load nothing
    browser.get_log("browser")
    browser.get(url)
    wait(browser, "return document.readyState === 'complete' && !!document.querySelector('#explorer-rows')")


def wait(browser, script: str, value: object = True) -> None:
    deadline = time.monotonic() + 10
    while (found := browser.execute_script(script)) != value:
        assert time.monotonic() < deadline, f"{script} stays at {found!r}, not {value!r}"
        time.sleep(0.02)


def link(page: str, **more: str) -> str:
    from urllib.parse import urlencode

    names = {name: ENTRY[name] for name in ("model", "recipe", "sparsity")}
    return f"{page}#{urlencode(names | {'letter': LETTER} | more)}"


def test_a_link_leads_to_the_choice_and_its_numbers(browser, page):
    visit(browser, link(page))
    chosen = browser.execute_script(CHOSEN)
    assert (chosen["model"], chosen["recipe"], chosen["sparsity"]) == (
        ENTRY["model"],
        ENTRY["recipe"],
        ENTRY["sparsity"],
    )
    text = browser.execute_script("return document.querySelector('.explorer').textContent")
    n = sum(row[5] for row in TABLES["rows"])
    assert f"silent on {TABLES['silent']} " in text and f"{n} are absorbed in full" in text
    for row in TABLES["main"]:
        assert ", ".join(row[5]) in text
    swallowed = [row[0] for row in TABLES["rows"] if row[5]]
    assert all(word in text for word in swallowed)
    assert [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_a_link_to_what_is_not_there_still_shows_something(browser, page):
    visit(browser, f"{page}#model=none&letter=9&sort=nothing")
    assert browser.execute_script(CHOSEN)["model"] == ENTRIES[0]["model"]


def test_a_choice_is_in_the_address_and_back_undoes_it(browser, page):
    visit(browser, link(page))
    browser.execute_script("document.getElementById('explorer-letter-b').click()")
    wait(browser, "return document.querySelector('.explorer-letters input:checked').value", "b")
    assert "letter=b" in browser.current_url
    browser.back()
    wait(browser, "return document.querySelector('.explorer-letters input:checked').value", LETTER)


def test_rows_are_sorted_filtered_and_found_by_their_latent(browser, page):
    visit(browser, link(page, sort="word", order="up"))
    words = [row[0] for row in browser.execute_script(CELLS)]
    by_browser = "return arguments[0].slice().sort((a, b) => a.localeCompare(b))"
    assert words == browser.execute_script(by_browser, words) and len(words) > 5
    browser.execute_script("document.getElementById('explorer-sort-share').click()")
    wait(browser, "return document.querySelector('th[aria-sort=descending]')?.textContent", "share ▼")
    shares = [float(row[4]) for row in browser.execute_script(CELLS)]
    assert shares == sorted(shares, reverse=True)
    browser.execute_script("document.querySelector('.explorer-link').click()")
    wait(browser, "return document.getElementById('explorer-find').value !== ''")
    latent = browser.execute_script("return document.getElementById('explorer-find').value")
    rows = browser.execute_script(CELLS)
    assert {row[1] for row in rows} == {latent}
    assert len(rows) == min(100, sum(f"{row[1]}" == latent for row in TABLES["rows"]))


def test_typing_keeps_the_keyboard_where_it_is(browser, page):
    from selenium.webdriver.common.by import By

    visit(browser, link(page))
    field = browser.find_element(By.ID, "explorer-find")
    part = next(row[0] for row in TABLES["rows"])[:2].lower()
    field.click()
    for letter in part:  # the field is drawn anew at each letter
        browser.switch_to.active_element.send_keys(letter)
    assert browser.execute_script("return document.activeElement.id") == "explorer-find"
    assert browser.execute_script("return document.activeElement.value") == part
    assert all(part in row[0].lower() for row in browser.execute_script(CELLS))
    assert f"find={part}" in browser.current_url


def test_everything_can_be_done_with_the_keyboard(browser, page):
    from selenium.webdriver.common.keys import Keys

    visit(browser, link(page))
    reached = set()
    browser.execute_script("document.getElementById('explorer-model').focus()")
    for _ in range(80):
        reached.add(browser.execute_script("return document.activeElement.id"))
        browser.switch_to.active_element.send_keys(Keys.TAB)
    controls = {
        "explorer-recipe",
        "explorer-sparsity",
        f"explorer-letter-{LETTER}",
        "explorer-find",
        "explorer-only",
    }
    assert controls | {"explorer-download", "explorer-sort-word"} <= reached
    browser.execute_script(f"document.getElementById('explorer-letter-{LETTER}').focus()")
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    after = sorted(ENTRY["letters"])[(sorted(ENTRY["letters"]).index(LETTER) + 1) % 26]
    wait(browser, "return document.querySelector('.explorer-letters input:checked').value", after)
    assert browser.execute_script("return document.activeElement.type") == "radio"


def test_the_file_holds_the_rows_that_are_shown(browser, page):
    visit(browser, link(page, only="absorbed"))
    rows = list(csv.reader(io.StringIO(browser.execute_async_script(SAVED))))
    assert rows[0] == ["model", "recipe", "sparsity", "letter", *COLUMNS["rows"]]
    expected = {(row[0], f"{row[1]}") for row in TABLES["rows"] if row[5]}
    assert {(row[4], row[5]) for row in rows[1:]} == expected
    assert {tuple(row[:4]) for row in rows[1:]} == {
        (ENTRY["model"], ENTRY["recipe"], ENTRY["sparsity"], LETTER)
    }


def test_it_fits_a_phone_and_draws_no_more_than_a_phone_can(browser, page):
    """Work is counted rather than timed: 3,000 elements take some 30 ms, and a test on a busy machine would lie."""
    visit(browser, link(page), width=390)
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(wide) <= 0
    assert len(browser.execute_script(CELLS)) <= 100
    assert browser.execute_script("return document.querySelectorAll('.explorer *').length") < 3000
    if len(TABLES["rows"]) > 100:
        browser.execute_script("document.querySelector('#explorer-rows > .explorer-button').click()")
        assert len(browser.execute_script(CELLS)) == len(TABLES["rows"])
