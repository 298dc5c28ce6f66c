"""The server under test, the browser, and the checks that every test makes."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import axe_playwright_python
import pytest
from playwright.sync_api import Page, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "docs" / "demo"
SHOTS = ROOT / "target" / "browser" / "shots"
AXE = pathlib.Path(axe_playwright_python.__file__).with_name("axe.min.js")
START_SECONDS = 20
# A fake camera with a test picture, and no permission prompt.
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

TOUCH = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2}
SIZES = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "tablet": {"viewport": {"width": 820, "height": 1180}, **TOUCH},
    "phone": {"viewport": {"width": 390, "height": 844}, **TOUCH},
    "small": {"viewport": {"width": 320, "height": 640}, **TOUCH},
}
# What most tests look at; the layout is tried at all sizes.
VIEWPORTS = ["desktop", "phone"]


def photos(shade):
    """The demo photos of a shade."""
    return sorted(str(path) for path in (DEMO / shade).glob("*.jpg"))


class Server:
    """A server with its own library, which can be stopped and restarted."""

    def __init__(self, directory, **environment):
        self.directory = directory
        self.url = self.host = None
        # The system chooses the port of the first start. A restart keeps it, because the page stays open.
        self.port = 0
        self.environment = environment
        self.process = None
        self.log = directory / "server.log"
        self.start()

    def start(self):
        binary = os.environ.get("STRAND_SERVER", ROOT / "target" / "debug" / "strand-server")
        environment = {
            **os.environ,
            "PORT": str(self.port),
            "STRAND_DATA_DIR": str(self.directory / "data"),
            "STRAND_MODELS_DIR": os.environ.get("STRAND_MODELS_DIR", str(ROOT / "models")),
            **self.environment,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([binary], env=environment, stderr=log)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            listening = re.search(r"http://(localhost:(\d+))", self.log.read_text())
            if listening:
                self.url, self.host, self.port = listening[0], listening[1], int(listening[2])
                try:
                    return self.ask("/health")
                except OSError:
                    pass
            time.sleep(0.05)
        raise AssertionError(f"the server does not start: {self.log.read_text()}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)

    def ask(self, path, method="GET", body=None, **headers):
        """Sends a request without the browser and returns the JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        if data:
            headers["content-type"] = "application/json"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def teach(self, name, hex_code, shade):
        """Creates and trains a shade over HTTP; returns its id."""
        identity = self.ask("/colors", "POST", {"name": name, "hex": hex_code})["id"]
        for photo in photos(shade):
            self.add(identity, photo)
        self.ask(f"/train/{identity}", "POST")
        return identity

    def add(self, identity, photo):
        """Adds a photo to a shade over HTTP."""
        subprocess.run(["curl", "-sf", "-F", f"image=@{photo}", f"{self.url}/colors/{identity}/images"], check=True, capture_output=True)


@pytest.fixture
def serve(tmp_path):
    """Starts servers, and stops them after the test."""
    servers = []

    def start(**environment):
        directory = tmp_path / str(len(servers))
        directory.mkdir()
        servers.append(Server(directory, **environment))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def server(serve):
    return serve()


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is missing (Debian: apt-get install chromium)."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *CAMERA])
        yield browser
        browser.close()


@pytest.fixture(params=VIEWPORTS)
def viewport(request):
    return request.param


@pytest.fixture
def open_page(browser):
    """Opens pages that may only contact the given servers, and fails the test if one logs an error."""
    contexts, wrong = [], []

    def open_at(url, viewport="desktop", hosts=(), expected=(), **options):
        allowed = {urllib.parse.urlsplit(url).netloc, *hosts}
        context = browser.new_context(**SIZES[viewport], reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(15_000)

        def on_request(request):
            address = urllib.parse.urlsplit(request.url)
            if address.scheme.startswith("http") and address.netloc not in allowed:
                wrong.append(f"a request to {request.url}")

        def on_console(message):
            # The browser also logs 4xx answers and failed connections. Tests that cause them check what the page
            # shows.
            if message.type == "error" and not message.text.startswith("Failed to load resource"):
                if not any(text in message.text for text in expected):
                    wrong.append(message.text)

        context.on("request", on_request)
        page = context.new_page()
        page.on("console", on_console)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(url)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not wrong, wrong


def look(page: Page, name):
    """Checks a state of the page with axe-core in the light and the dark scheme, and saves a screenshot of each."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    width = page.viewport_size["width"]
    size = next(name for name, options in SIZES.items() if options["viewport"]["width"] == width)
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        # The new colors are painted by the second frame.
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.screenshot(path=SHOTS / f"{size}-{name}-{scheme}.png", full_page=True)
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE.read_text())
        result = page.evaluate(
            "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        found += [
            f"{name}, {size}, {scheme}: {violation['id']}: {node['failureSummary']} {node['html']}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]
        overflow = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            found.append(f"{name}, {size}: {overflow} px wider than the screen")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert not found, "\n".join(found)


def gone(server, path):
    """Whether the server answers 404."""
    try:
        server.ask(path)
    except urllib.error.HTTPError as error:
        return error.code == 404
    return False
