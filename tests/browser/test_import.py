"""Importing a library file: as a whole where the server takes it, else unpacked by the page."""

import hashlib
import io
import re
import tarfile
import urllib.request

import pytest
from conftest import DEMO, look, photos
from gateway import Gateway
from playwright.sync_api import expect
from test_owner import hold, input_of
from test_walk import message

IMPORTED = "Imported 2 shades (2 new) with 5 photos (5 new)."


@pytest.fixture
def library(serve, tmp_path):
    """A library file: two trained shades, with three and two photos."""
    source = serve()
    source.teach("House brown", "#674a33", "chestnut-brown")
    blonde = source.ask("/colors", "POST", {"name": "Straße", "description": "A blonde"})["id"]
    for photo in photos("platinum-blonde")[:2]:
        source.add(blonde, photo)
    with urllib.request.urlopen(f"{source.url}/export") as answer:
        (tmp_path / "library.tar").write_bytes(answer.read())
    source.stop()
    return tmp_path / "library.tar"


def without_import(page):
    """Lets the server answer as the functions do, which have no such route."""
    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "code": "no_route", "detail": "There is no path /import."}
    page.route("**/import", lambda route: route.fulfill(status=404, json=problem))


def choose(page, file):
    page.get_by_label("Library file").set_input_files(file)


def held_by(server):
    """Shades by name, each with the SHA-256 of its photos."""
    return {
        color["name"]: {photo["sha256"] for photo in server.ask(f"/colors/{color['id']}/images")}
        for color in server.ask("/colors")
    }


def sums(*files):
    return {hashlib.sha256(open(file, "rb").read()).hexdigest() for file in files}


EXPECTED = {"House brown": sums(*photos("chestnut-brown")), "Straße": sums(*photos("platinum-blonde")[:2])}


def test_a_server_takes_the_file_as_a_whole(server, open_page, library):
    page = open_page(f"{server.url}/#/library")
    choose(page, library)
    expect(message(page, f"{IMPORTED[:-1]}; ready without training: 1 shade.")).to_be_visible()
    assert held_by(server) == EXPECTED
    expect(page.get_by_text("2 shades, 1 ready to match, 5 photos")).to_be_visible()


def test_a_file_on_its_way_is_cancelled(server, open_page, library):
    page = open_page(f"{server.url}/#/library")
    page.route("**/import", lambda route: route.continue_() if route.request.method == "GET" else None)
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/import")):
        choose(page, library)
    tray = page.get_by_role("region", name="In progress")
    tray.get_by_role("button", name="Cancel").click()
    expect(message(page, "Import stopped. Import the file again to continue.")).to_be_visible()
    expect(tray).to_be_hidden()
    assert server.ask("/colors") == []


def test_the_page_unpacks_what_no_route_takes(server, open_page, library):
    # What the library says of a shade counts, and what it does not say comes from the file.
    server.ask("/colors", "POST", {"name": "STRASSE", "hex": "#e8d9b0"})
    page = open_page(f"{server.url}/#/library")
    without_import(page)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    release = hold(page, "**/uploads/*")
    choose(page, library)
    tray = page.get_by_role("region", name="In progress")
    expect(tray.get_by_role("progressbar", name="Importing photo 1 of 5")).to_be_visible()
    look(page, "import")
    # It goes on whatever the page shows, and the browser asks before the page is closed.
    page.get_by_role("link", name="Match").click()
    expect(tray).to_contain_text("Importing photo 1 of 5")
    assert page.evaluate("() => !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    release()
    expect(message(page, "Imported 2 shades (1 new) with 5 photos (5 new).")).to_be_visible()
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_text("2 shades, 2 ready to match, 5 photos")).to_be_visible()
    assert held_by(server) == {"House brown": EXPECTED["House brown"], "STRASSE": EXPECTED["Straße"]}
    street = next(color for color in server.ask("/colors") if color["name"] == "STRASSE")
    assert (street["hex"], street["description"]) == ("#e8d9b0", "A blonde")
    assert len(sent) == 5

    # Once more: nothing is sent, and nothing is trained.
    choose(page, library)
    expect(message(page, "Nothing new: 2 shades already here.")).to_be_visible()
    assert len(sent) == 5 and len(server.ask("/jobs")) == 1


def test_an_import_that_is_stopped_goes_on_when_it_is_repeated(server, open_page, library):
    page = open_page(f"{server.url}/#/library")
    without_import(page)
    puts = []

    def third(route):
        puts.append(route)
        if len(puts) != 3:
            route.continue_()

    page.route("**/uploads/*", third)
    choose(page, library)
    tray = page.get_by_role("region", name="In progress")
    expect(tray).to_contain_text("Importing photo 3 of 5")
    page.wait_for_function("() => document.querySelector('#tray-import progress').value >= 0.4")
    tray.get_by_role("button", name="Cancel").click()
    puts[2].continue_()
    expect(message(page, "Import stopped. Import the file again to continue.")).to_be_visible()
    expect(tray).to_be_hidden()
    assert held_by(server) == {"House brown": EXPECTED["House brown"]}
    choose(page, library)
    expect(message(page, "Imported 2 shades (1 new) with 5 photos (2 new).")).to_be_visible()
    assert held_by(server) == EXPECTED


def test_an_import_that_fails_says_where_and_why(server, open_page, library):
    page = open_page(f"{server.url}/#/library")
    without_import(page)
    problem = {"status": 507, "code": "disk_full", "detail": "The library's disk is full."}
    seen = []

    def second(route):
        seen.append(route)
        route.fulfill(status=507, json=problem) if len(seen) == 2 else route.continue_()

    page.route("**/colors/*/images", lambda route: second(route) if route.request.method == "POST" else route.continue_())
    choose(page, library)
    said = "The import stopped after 1 of 5 photos: The library's disk is full. Import the file again to continue."
    expect(message(page, said)).to_be_visible()


def test_an_import_outlasts_the_server(server, open_page, library):
    page = open_page(f"{server.url}/#/library")
    without_import(page)
    release = hold(page, "**/uploads/*")
    choose(page, library)
    expect(page.get_by_role("progressbar", name="Importing photo 1 of 5")).to_be_visible()
    server.stop()
    release()
    expect(page.get_by_text("Can't reach Strand. Trying again…")).to_be_visible()
    server.start()
    expect(message(page, IMPORTED)).to_be_visible()
    assert held_by(server) == EXPECTED


def packed(source, change):
    """A copy of a library file whose entries `change` has changed; it gets a name and bytes, and returns them, or None."""
    out = io.BytesIO()
    with tarfile.open(source) as old, tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as new:
        for member in old:
            changed = change(member.name, old.extractfile(member).read())
            if changed:
                member.name, member.size = changed[0], len(changed[1])
                new.addfile(member, io.BytesIO(changed[1]))
    return out.getvalue()


def test_a_file_that_is_not_whole_changes_nothing(server, open_page, library, tmp_path):
    page = open_page(f"{server.url}/#/library")
    without_import(page)
    whole = library.read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(b"\xff\xd8\xff") + 5000] ^= 1
    photo_before_shade = packed(library, lambda name, bytes_: None if name == "shades/1/shade.json" else (name, bytes_))
    newer = packed(library, lambda name, bytes_: (name, re.sub(rb'"version": \d+', b'"version": 99', bytes_)))
    other_sums = packed(library, lambda name, bytes_: (name, bytes_[:-70] if name == "SHA256SUMS" else bytes_))
    for bytes_, sentence in [
        (photos("chestnut-brown")[0], "This isn't a Strand library file. Choose one made with Export."),
        (b"", "This isn't a Strand library file. Choose one made with Export."),
        (whole[: len(whole) // 2], "The library file is cut short, so nothing of it was imported; copy or export it again."),
        (whole[:-100_000], "The library file is cut short, so nothing of it was imported; copy or export it again."),
        (bytes(flipped), re.compile(r"damaged \(SHA256SUMS does not fit what is in it\), so nothing")),
        (photo_before_shade, re.compile(r'^The library file is damaged \("shades/1/photos/\w+\.jpg" does not belong where it is\)')),
        (newer, re.compile(r"was written by a newer Strand \(format version 99, this one reads up to 3\); update this Strand")),
        (other_sums, re.compile(r"damaged \(SHA256SUMS does not fit what is in it\)")),
    ]:
        file = tmp_path / "given.tar"
        file.write_bytes(open(bytes_, "rb").read() if isinstance(bytes_, str) else bytes_)
        choose(page, file)
        expect(message(page, sentence)).to_be_visible()
        page.get_by_role("button", name="Dismiss").click()
    assert server.ask("/colors") == []


def test_a_photo_that_is_not_taken_is_skipped(server, open_page, library, tmp_path):
    text = b"not a photo"
    digest = hashlib.sha256(text).hexdigest()
    renamed, lines = {}, []

    def change(name, bytes_):
        if name.startswith("shades/1/photos/") and not renamed:
            renamed[name] = True
            name, bytes_ = f"shades/1/photos/{digest}.jpg", text
        elif name.startswith("shades/1/") and not name.endswith((".json", ".jpg")):
            return None
        if name == "SHA256SUMS":
            return name, "".join(lines).encode()
        lines.append(f"{hashlib.sha256(bytes_).hexdigest()}  {name}\n")
        return name, bytes_

    file = tmp_path / "one-bad.tar"
    file.write_bytes(packed(library, change))
    page = open_page(f"{server.url}/#/library")
    without_import(page)
    choose(page, file)
    expect(message(page, re.compile(r"^Imported 2 shades \(2 new\) with 5 photos \(4 new\)\. Skipped 1 photo: The file is not an image"))).to_be_visible()
    assert len(held_by(server)["House brown"]) == 2


@pytest.fixture
def functions(tmp_path):
    place = tmp_path / "functions"
    place.mkdir()
    gateway = Gateway(place)
    yield gateway
    gateway.stop()


def test_the_page_works_on_the_functions(functions, open_page, library):
    page = open_page(functions.url, hosts=[functions.bucket])
    page.locator("#file").set_input_files(DEMO / "match-back.jpg")
    expect(page.locator("article.result").get_by_role("heading", level=2)).to_have_text("#6 Chestnut Brown")
    page.get_by_role("link", name="Library").click()
    choose(page, library)
    expect(message(page, IMPORTED)).to_be_visible(timeout=30_000)
    expect(message(page, "2 shades trained.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("2 shades, 2 ready to match, 5 photos")).to_be_visible()
    colors = page.evaluate("async () => (await fetch('colors')).json()")
    names = {}
    for color in colors:
        images = page.evaluate("async (id) => (await fetch(`colors/${id}/images`)).json()", color["id"])
        names[color["name"]] = {image["sha256"] for image in images}
    assert names == EXPECTED
    # A photo is added and the training is streamed.
    page.get_by_role("link", name="Straße").click()
    expect(page.get_by_role("heading", name="2 photos")).to_be_visible()
    input_of(page).set_input_files(photos("platinum-blonde")[2])
    expect(page.get_by_role("heading", name="3 photos")).to_be_visible()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(message(page, "Trained Straße on 3 photos.")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="All shades").click()
    page.get_by_role("button", name="Export").click()
    expect(message(page, "This service can't export a library from this page. Ask the person who runs it.")).to_be_visible()
    page.get_by_role("link", name="Match").click()
    page.locator("#file").set_input_files(DEMO / "chestnut-brown" / "1.jpg")
    expect(page.locator("article.result.done").first.get_by_role("heading", level=2)).to_have_text("House brown")
