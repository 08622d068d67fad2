"""Opening a page as a visitor does, and noticing what goes wrong in it."""

from playwright.sync_api import Browser, Page


class Visit:
    """A page, the errors of its console and its requests, and addresses elsewhere that it asked for."""

    def __init__(self, browser: Browser, url: str, *, scheme: str = "light", offline: bool = False) -> None:
        context = browser.new_context(viewport={"width": 1200, "height": 900}, color_scheme=scheme, offline=offline)
        context.set_default_timeout(180_000)  # milliseconds; a busy machine is not an error
        context.grant_permissions(["microphone"])
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda message: self._complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self._complain("error", str(error)))
        self.page.on("requestfailed", lambda request: self._fail(request.url, request.failure or ""))
        self.page.on("request", lambda request: self._note(request.url, url))
        self.page.goto(url)

    def _complain(self, kind: str, text: str) -> None:
        if kind == "error":
            self.problems.append(text)

    def _fail(self, url: str, reason: str) -> None:
        if reason != "net::ERR_ABORTED":  # the page itself ends a stream that it has read
            self.problems.append(f"{url}: {reason}")

    def _note(self, url: str, own: str) -> None:
        if not url.startswith((own, "data:", "blob:")):
            self.elsewhere.append(url)
