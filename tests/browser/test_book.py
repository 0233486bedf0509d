"""The book as a reader meets it: from disk and from a server, in light and dark, on a desk and on a phone."""

import json
import re
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from absorption.runtime.paths import root

pytestmark = pytest.mark.browser

PAGES = sorted(
    [f"book/{path.stem}" for path in (root() / "book").glob("*.md")]
    + [f"book/claims/{path.stem}" for path in (root() / "book" / "claims").glob("*.ipynb")]
)
FURTHER = sorted(
    path.relative_to(root()).with_suffix("").as_posix() for path in (root() / "book").glob("*/*.md")
)  # the reference and the how-to pages
WIDTHS = (390, 768, 1280)
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
DESK = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}

SCALES = """
return [...document.querySelectorAll('.cell_output img')].map(i => i.getBoundingClientRect().width / i.naturalWidth)
"""
UNTYPESET = """
return [...document.querySelectorAll('.math')].filter(m => !m.querySelector('mjx-container')).map(m => m.textContent)
"""
BROKEN_MATH = (
    "return [...document.querySelectorAll('mjx-merror, [data-mml-node=merror]')].map(m => m.textContent)"
)
UNLOADED = """
return [...document.images].filter(i => !i.complete || i.naturalWidth === 0).map(i => i.src)
"""
WITHOUT_ALT = "return [...document.images].filter(i => !i.alt).map(i => i.src)"
UNDRAWN = """
return [...document.querySelectorAll('.interactive-figure')].filter(f => !f.querySelector('.main-svg')).length
"""
SMALLEST_PLOT = """
const done = arguments[0];
const plots = [...document.querySelectorAll('.interactive-figure')];
Promise.all(plots.map(p => Plotly.toImage(p, {format: 'png', width: 500, height: 400})))
  .then(images => done(Math.min(...images.map(i => i.length))));
"""
SHARE_BUTTONS = "return document.querySelectorAll('.modebar-btn[data-title*=Share], .modebar-btn[data-title*=loud]').length"
CUT_OFF = """
const seen = [], screens = 2 * innerHeight;
for (const part of document.querySelectorAll('article table, article img, article svg, article pre')) {
  const box = part.getBoundingClientRect();
  if (!part.checkVisibility() || box.width === 0 || box.top + scrollY > screens || part.closest('mjx-container')) continue;
  let cut = box.right > document.documentElement.clientWidth + 1 || box.left < -1;
  for (let around = part; around.tagName !== 'ARTICLE'; around = around.parentElement)
    cut ||= getComputedStyle(around).overflowX !== 'visible' && around.scrollWidth > around.clientWidth + 1;
  if (cut) seen.push(part.tagName + ' ' + (part.alt || part.textContent).trim().slice(0, 60));
}
return seen;
"""
STICKS_OUT = """
return [...document.querySelectorAll('article *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 60)).slice(0, 5)
"""
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(params=["disk", "server"])
def base(request, book, address) -> str:
    return book.as_uri() if request.param == "disk" else address


def visit(browser, url: str, screen: dict = DESK) -> None:
    """Open a page and wait until its math and its plots are there."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(url)
    wait(lambda: browser.execute_script("return document.readyState") == "complete")
    wait(lambda: not browser.execute_script(UNTYPESET) and browser.execute_script(UNDRAWN) == 0, quietly=True)


def wait(condition, seconds: float = 60, quietly: bool = False) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            assert quietly, "waited too long"
            return
        time.sleep(0.05)


def requests(browser) -> list[str]:
    """Every address that the page asked for."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def test_the_book_builds_without_a_warning(book):
    assert all((book / f"{page}.html").exists() for page in PAGES)


def alone(browser, base: str) -> None:
    """The page that is open asked for nothing that is not the book's, and nothing failed in it."""
    assert [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    outside = [url for url in requests(browser) if not url.startswith((base, "data:", "blob:", "chrome"))]
    assert outside == []


@pytest.mark.parametrize("page", PAGES + FURTHER)
def test_a_page_is_whole(browser, book, page):
    """From disk, as a reader opens a book that was handed over."""
    visit(browser, f"{book.as_uri()}/{page}.html")
    assert not browser.execute_script(UNTYPESET)
    assert not browser.execute_script(BROKEN_MATH)
    assert not browser.execute_script(UNLOADED)
    assert not browser.execute_script(WITHOUT_ALT)
    assert browser.execute_script(UNDRAWN) == 0
    if browser.execute_script("return document.querySelectorAll('.interactive-figure').length"):
        assert browser.execute_script(SHARE_BUTTONS) == 0
        assert browser.execute_async_script(SMALLEST_PLOT) > 6000  # an empty pair of axes has about 4000
    alone(browser, book.as_uri())


@pytest.mark.parametrize("page", PAGES + FURTHER)
def test_a_page_fits_every_screen(browser, address, page):
    """From a server: nothing sticks out, nothing on the first two screens is cut off, and figures are legible on a phone."""
    visit(browser, f"{address}/{page}.html", PHONE)
    alone(browser, address)
    scales = browser.execute_script(SCALES)
    assert all(scale > 0.45 for scale in scales), scales
    for width in WIDTHS:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", DESK | {"width": width})
        # The theme slides its sidebar in and out, which takes a moment after a change of width.
        wait(
            lambda: browser.execute_script(OVERFLOW) <= 1 and not browser.execute_script(CUT_OFF),
            5,
            quietly=True,
        )
        # A pixel may be lost in rounding.
        assert browser.execute_script(OVERFLOW) <= 1, (width, browser.execute_script(STICKS_OUT))
        assert browser.execute_script(CUT_OFF) == [], width


@pytest.mark.parametrize("page", PAGES + FURTHER)
def test_the_text_holds_no_leftovers(book, page):
    """No glue that was not filled in, no raw markup, no machine's path."""
    text = (book / f"{page}.html").read_text(encoding="utf-8")
    prose = re.sub(r"<(script|pre|style|code).*?</\1>", "", text, flags=re.DOTALL)
    assert not re.findall(r"\{(?:glue|cite|doc|ref|term)[:}].{0,40}", prose)
    if "/api/" not in page:  # where docstrings say what never gives one
        assert not re.findall(r"\bnan\b(?=[ .,)])", prose)
    assert not re.findall(r"(?:/root|/home|/Users|/tmp|/work)/[\w./-]+", prose)


def test_dark_mode_is_a_button_away_and_stays(browser, base):
    visit(browser, f"{base}/book/index.html")
    brightness = {}
    for _ in range(3):  # automatic, light, dark
        browser.execute_script("document.querySelector('.theme-switch-button').click()")
        theme = browser.execute_script("return document.documentElement.dataset.theme")
        colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        brightness[theme] = sum(map(int, re.findall(r"\d+", colour)[:3]))
    assert brightness["dark"] < 200 < 600 < brightness["light"]
    browser.execute_script("localStorage.setItem('mode', 'dark'); localStorage.setItem('theme', 'dark')")
    if base.startswith("http"):  # a browser may keep no memory for pages on disk
        visit(browser, f"{base}/book/method.html")
        assert browser.execute_script("return document.documentElement.dataset.theme") == "dark"
    browser.execute_script("localStorage.clear()")


@pytest.mark.parametrize("page", ["01_delta_absorption", "13_fixes"])
def test_figures_follow_the_theme(browser, base, page):
    """Drawn on white, turned over on a dark page, and only once."""
    visit(browser, f"{base}/book/claims/{page}.html")
    figures = browser.find_elements("css selector", ".bd-article img, .interactive-figure")
    seen = [each for each in figures if each.is_displayed()]
    assert seen
    for theme, is_right in (("light", lambda grey: grey > 200), ("dark", lambda grey: grey < 80)):
        browser.execute_script(f"document.documentElement.dataset.theme = '{theme}'")
        for each in seen:
            picture = Image.open(BytesIO(each.screenshot_as_png)).convert("L")
            assert is_right(ImageStat.Stat(picture).mean[0]), (theme, each.get_attribute("class"))


def test_the_search_finds_a_word(browser, base):
    visit(browser, f"{base}/search.html?q=hedging")
    links = "return [...document.querySelectorAll('#search-results li a')].map(a => a.href)"
    wait(lambda: browser.execute_script(links))
    assert any("glossary" in link for link in browser.execute_script(links))


def test_the_ledger_leads_to_every_claim(browser, book, base):
    visit(browser, f"{base}/book/index.html")
    links = browser.execute_script("return [...document.querySelectorAll('table.ledger a')].map(a => a.href)")
    claims = {Path(page).name for page in PAGES if "claims/" in page}
    assert {Path(link).stem for link in links} == claims
    assert all((book / link.removeprefix(f"{base}/")).is_file() for link in links)
    visit(browser, links[0])
    assert "claims/" in browser.current_url and browser.title


def test_the_first_address_leads_to_the_first_page(browser, base):
    visit(browser, f"{base}/index.html")
    wait(lambda: browser.current_url.endswith("book/index.html"))
