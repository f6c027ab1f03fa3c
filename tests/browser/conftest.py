"""Chromium of this machine, and the whole service that it looks at."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests import whole_service
from tests.whole_service import WholeService

_NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        # Its own sandbox needs rights that containers and root do not have; it visits our own pages alone.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def service(chromium: Browser) -> Iterator[WholeService]:
    """Requests the browser first, so that nothing is started where there is none."""
    with whole_service.running() as running:
        yield running


class Visit:
    """A person at a browser, and what it complained about."""

    def __init__(self, context: BrowserContext, service: WholeService) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self._service = service
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._note_failure)

    @property
    def text(self) -> str:
        return self.page.inner_text("body")

    def _note_failure(self, request: Request) -> None:
        # Who goes on before all of a page has come cuts the rest off.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def open(self, path: str) -> None:
        self.page.goto(self._service.url + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def sign_in(self) -> None:
        self.open("/dashboard/")
        self.page.get_by_label("E-mail address").fill(self._service.demo["CUSTOMER_EMAIL"])
        self.page.get_by_label("Password").fill(self._service.demo["CUSTOMER_PASSWORD"])
        self.press("Sign in")
        self.page.wait_for_url("**/dashboard/")

    def sees(self, text: str) -> None:
        """Wait until the page shows it, over as many loads as that takes."""
        self.page.get_by_text(text).first.wait_for()

    def fits(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        wide, visible = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        return bool(wide <= visible)


@pytest.fixture
def visit(chromium: Browser, service: WholeService) -> Iterator[Visit]:
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield Visit(context, service)


@pytest.fixture
def phone(chromium: Browser, service: WholeService) -> Iterator[Visit]:
    """A phone in the dark, which runs no scripts."""
    with chromium.new_context(
        viewport={"width": 360, "height": 740},
        is_mobile=True,
        color_scheme="dark",
        java_script_enabled=False,
        user_agent="Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36",
    ) as context:
        yield Visit(context, service)
