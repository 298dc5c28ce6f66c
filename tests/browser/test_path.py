"""The page below a path, behind a real proxy: nginx, whose root refuses every request as API Gateway does."""

import shutil
import socket
import subprocess
import time
import urllib.request

import pytest
from conftest import DEMO, photos
from playwright.sync_api import expect

# /v1/ names its prefix, as the README advises. /plain/ does not, so only relative references hold there.
CONFIGURATION = """
daemon off;
# As root, its workers would be another user, who cannot write here. Otherwise, this line has no effect.
user root;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    client_max_body_size 25m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            default_type application/json;
            return 403 '{{"message": "Missing Authentication Token"}}';
        }}
        location /v1/ {{
            proxy_pass http://127.0.0.1:{server}/;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Prefix /v1;
        }}
        location /plain/ {{
            proxy_pass http://127.0.0.1:{server}/;
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def proxy(server, tmp_path):
    """The address of nginx in front of the server."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert nginx, "nginx is missing (Debian: apt-get install nginx-light)."
    place, port = tmp_path / "nginx", free_port()
    place.mkdir()
    file = place / "nginx.conf"
    file.write_text(CONFIGURATION.format(place=place, port=port, server=server.port))
    process = subprocess.Popen([nginx, "-p", place, "-e", place / "error.log", "-c", file])
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(f"{base}/v1/health", process)
        yield base
    finally:
        process.terminate()
        process.wait(15)


def wait_for(url, process):
    end = time.monotonic() + 15
    while time.monotonic() < end and process.poll() is None:
        try:
            return urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx does not start")


@pytest.mark.parametrize("path", ["/v1/", "/plain/"])
def test_the_page_works_below_a_path(server, proxy, open_page, path):
    page = open_page(proxy + path)
    expect(page.get_by_role("heading", name="Which shade is it?")).to_be_visible()
    page.locator("#file").set_input_files(DEMO / "match-back.jpg")
    expect(page.locator("article.result").get_by_role("heading", level=2)).to_have_text("#6 Chestnut Brown")

    page.get_by_role("link", name="Library").click()
    page.get_by_role("button", name="#6 Chestnut Brown").click()
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()
    page.locator("#library input[type=file]").set_input_files(photos("chestnut-brown"))
    expect(page.get_by_role("heading", name="3 photos")).to_be_visible()
    page.wait_for_function("() => [...document.querySelectorAll('.photos img')].filter((img) => img.naturalWidth > 0).length === 3")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".chip.ready")).to_be_visible()
    assert [color["status"] for color in server.ask("/colors")] == ["ready"]
    page.get_by_role("link", name="All shades").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.url.startswith(f"{proxy}{path}export")


@pytest.mark.parametrize("path", ["/v1", "/plain"])
def test_the_description_and_its_page_work_below_a_path(proxy, open_page, path):
    page = open_page(f"{proxy}{path}/docs")
    assert page.url == f"{proxy}{path}/docs/"
    expect(page).to_have_title("Strand API")
    page.locator("#operations-service-read_health").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".request-url")).to_contain_text(f"{proxy}{path}/health")
    expect(page.locator(".responses-table.live-responses-table")).to_contain_text("healthy")
