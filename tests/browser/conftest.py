"""The book, built from what is committed, and a browser that cannot reach anything but this machine."""

import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest

from absorption.runtime.paths import root

ALONE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def book(tmp_path_factory) -> Path:
    """The folder of the built pages; building it, with warnings as errors, is a test of its own."""
    from absorption.publish.page.site import build

    copy = tmp_path_factory.mktemp("book")
    for name in ("_config.yml", "_toc.yml"):
        shutil.copyfile(root() / name, copy / name)
    for name in ("book", "notebooks", "results", "profiles", "benchmarks"):
        shutil.copytree(root() / name, copy / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABSORPTION_ROOT", str(copy))
        patch.delenv("ABSORPTION_RESULTS", raising=False)
        return build("laptop").parent


@pytest.fixture(scope="session")
def address(book):
    """The book from a static server on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(book)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium without a window; the test is skipped where there is none."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium with its driver on this machine; .ci/run installs Debian's")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("chromium")
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", ALONE,
        f"--user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.set_script_timeout(30)
    yield chrome
    chrome.quit()
