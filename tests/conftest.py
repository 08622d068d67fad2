"""What all tests share. Nothing heavy is imported here: many tests need neither torch nor ESPnet."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The tests' models are tiny: more threads than one only get in each other's way. Before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the clone's root."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def browser(root: Path) -> "Iterator[Browser]":
    """Return a headless Chromium; a test that cannot have one fails with the reason."""
    from playwright.sync_api import sync_playwright

    found = subprocess.run([root / "local/setup_browser.sh"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.fail(f"no browser to test with: {found.stderr}", pytrace=False)
    with sync_playwright() as playwright:
        microphone = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        chromium = playwright.chromium.launch(executable_path=found.stdout.strip(), args=microphone)
        yield chromium
        chromium.close()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Return the folder for pictures to look at: SOUPS_SCREENSHOTS, or the test's own."""
    folder = Path(os.environ.get("SOUPS_SCREENSHOTS", tmp_path)).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
