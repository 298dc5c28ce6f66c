"""The main path: from an empty library to the right shade, on a desktop and on a phone."""

import json
import re
import time

import pytest
from conftest import DEMO, gone, look, photos
from playwright.sync_api import expect

BACK = DEMO / "match-back.jpg"


def wait_until(holds, what, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(what)


def create_shade(page, typed, suggestion):
    page.get_by_role("button", name=re.compile("New shade|Name your own")).click()
    dialog = page.get_by_role("dialog", name="New shade")
    dialog.get_by_label("Name").fill(typed)
    dialog.get_by_role("button", name=suggestion, exact=True).click()
    expect(dialog.get_by_label("Name")).to_have_value(suggestion)
    return dialog


def message(page, text):
    """The message at the bottom of the page."""
    return page.locator(".toast").filter(has_text=text)


def add_photos(page, shade):
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()
    page.locator("#library input[type=file]").set_input_files(photos(shade))
    expect(page.get_by_role("heading", name="3 photos")).to_be_visible()


def train(page):
    """Starts a training and returns the progress values that the page showed."""
    page.evaluate(
        """() => {
            window.shown = [];
            new MutationObserver(() => {
                const bar = document.querySelector('#library progress[value]');
                if (bar) window.shown.push(bar.value);
            }).observe(document.querySelector('#library'), {subtree: true, childList: true, attributes: true});
        }"""
    )
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".chip.ready")).to_be_visible()
    return page.evaluate("() => window.shown")


def test_from_an_empty_library_to_the_right_shade(server, open_page, viewport):
    page = open_page(server.url, viewport)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.get_by_role("heading", name="Which shade is it?")).to_be_visible()
    look(page, "start")

    # Even with an empty library, the first photo gets a result.
    page.locator("#file").set_input_files(BACK)
    expect(page.get_by_role("heading", name="#6 Chestnut Brown")).to_be_visible()
    expect(page.get_by_text("Nearest standard shade")).to_be_visible()
    look(page, "first-photo")

    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Your shades live here")).to_be_focused()
    look(page, "library-empty")

    dialog = create_shade(page, "chestnut", "#6 Chestnut Brown")
    look(page, "create")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="#6 Chestnut Brown")).to_be_focused()
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()
    look(page, "shade-empty")
    add_photos(page, "chestnut-brown")
    shown = train(page)
    assert shown == sorted(shown) and len(set(shown)) >= 3 and shown[-1] == 1, shown
    look(page, "shade")

    page.get_by_role("link", name="All shades").click()
    dialog = create_shade(page, "#60", "#60 Platinum Blonde")
    dialog.get_by_role("button", name="Create").click()
    add_photos(page, "platinum-blonde")
    train(page)
    expect(page.get_by_text("Recognizes 100% of its own photos")).to_be_visible()
    page.get_by_role("link", name="All shades").click()
    expect(page.get_by_text("2 shades, 2 ready to match, 6 photos")).to_be_visible()
    look(page, "library")

    page.get_by_role("link", name="Match").click()
    page.get_by_role("button", name="Remove match-back.jpg").click()
    page.locator("#file").set_input_files([BACK, DEMO / "match-figure.jpg"])
    cards = page.locator("article.result")
    expect(cards).to_have_count(2)
    expect(cards.nth(0).get_by_role("heading", level=2)).to_have_text("#6 Chestnut Brown")
    expect(cards.nth(1).get_by_role("heading", level=2)).to_have_text("#60 Platinum Blonde")
    expect(cards.nth(0).get_by_role("img", name="Level 6 of 10")).to_be_visible()
    expect(cards.nth(0).get_by_text("Neutral")).to_be_visible()

    # The reason shows both photos side by side, and the difference as a number and in words.
    cards.nth(0).locator("summary").first.click()
    expect(cards.nth(0).get_by_text("Nearest reference photo", exact=True)).to_be_visible()
    expect(cards.nth(0).locator(".why").first).to_contain_text(re.compile(r"differs by ΔE\s\d+\.\d"))
    page.wait_for_function("() => [...document.querySelectorAll('.pair img')].every((img) => img.naturalWidth > 0)")

    toggle = cards.nth(0).get_by_role("button", name="Hair only")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(cards.nth(0).locator(".hair")).to_have_css("opacity", "1")
    look(page, "match")

    cards.nth(0).get_by_role("button", name="Copy as JSON").click()
    expect(message(page, "Result copied.")).to_be_visible()
    answer = json.loads(page.evaluate("() => navigator.clipboard.readText()"))
    assert answer["best_matches"][0]["name"] == "#6 Chestnut Brown"
    assert answer["dominant_hair_colors"][0]["hex"] in cards.nth(0).text_content()

    page.get_by_role("button", name="Compare side by side").click()
    dialog = page.get_by_role("dialog", name="Side by side")
    expect(dialog.get_by_role("cell", name=re.compile("#60 Platinum Blonde"))).to_be_visible()
    look(page, "compare")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Compare side by side")).to_be_focused()

    # Match the same photos against the standard shades, then against the library again.
    page.get_by_role("button", name="Standard shades").click()
    expect(cards.nth(0).get_by_text("Nearest standard shade")).to_be_visible()
    page.get_by_role("button", name="Your shades").click()
    expect(cards.nth(0).get_by_text("Best match")).to_be_visible()


def test_a_correction_is_learned_and_can_be_undone(server, open_page, viewport):
    chestnut = server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    server.teach("#60 Platinum Blonde", "#eeddc5", "platinum-blonde")
    page = open_page(server.url, viewport)
    page.locator("#file").set_input_files(photos("strawberry-blonde")[0])
    card = page.locator("article.result")
    # Neither is close, so the nearest standard shade is shown, and the library on request.
    expect(card.get_by_text("None of your shades is close. Nearest standard shade:")).to_be_visible()
    expect(card.get_by_role("heading", level=2)).to_have_text("#27 Strawberry Blonde")
    page.get_by_role("button", name="Your shades").click()
    expect(card.get_by_text("No close match. Nearest:")).to_be_visible()
    expect(card.locator(".sure")).to_contain_text(re.compile(r"^Weak match · \d+%$"))

    # One click adds the photo to another shade of the list, and the result follows.
    before = card.get_by_role("heading", level=2).text_content()
    other = "#60 Platinum Blonde" if "#6 " in before else "#6 Chestnut Brown"
    card.get_by_role("group", name="Not right? Pick the correct shade").get_by_role("button", name=other).click()
    expect(message(page, f"Saved as {other}.")).to_be_visible()
    expect(card.get_by_role("heading", level=2)).to_have_text(other)
    counts = {color["name"]: color["image_count"] for color in server.ask("/colors")}
    assert counts[other] == 4
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: {color["image_count"] for color in server.ask("/colors")} == {3}, "the photo is still there")
    wait_until(lambda: {color["status"] for color in server.ask("/colors")} == {"ready"}, "the shade is not trained again")

    # A standard shade that the library lacks is created, with the photo and a model.
    card.get_by_role("button", name="Another shade…").click()
    dialog = page.get_by_role("dialog", name="Which shade is it?")
    dialog.get_by_role("searchbox").fill("27 straw")
    look(page, "pick")
    dialog.get_by_role("button", name="#27 Strawberry Blonde", exact=True).click()
    expect(message(page, "Saved as #27 Strawberry Blonde.")).to_be_visible()
    expect(card.get_by_text("Best match")).to_be_visible()
    expect(card.get_by_role("heading", level=2)).to_have_text("#27 Strawberry Blonde")
    new = next(color for color in server.ask("/colors") if color["name"] == "#27 Strawberry Blonde")
    assert (new["status"], new["image_count"]) == ("ready", 1)
    assert server.ask(f"/colors/{chestnut}")["image_count"] == 3


def test_a_deletion_can_be_undone_until_it_is_committed(server, open_page, viewport):
    keep = server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    lose = server.teach("#60 Platinum Blonde", "#eeddc5", "platinum-blonde")
    page = open_page(f"{server.url}/#/library/{keep}", viewport)
    tiles = page.locator(".photos img")
    expect(tiles).to_have_count(3)
    page.get_by_role("button", name="Delete photo 1").click()
    expect(tiles).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(tiles).to_have_count(3)
    assert len(server.ask(f"/colors/{keep}/images")) == 3

    page.get_by_role("button", name="Delete photo 1").click()
    look(page, "photo-deleted")
    page.get_by_role("button", name="Dismiss").last.click()
    wait_until(lambda: len(server.ask(f"/colors/{keep}/images")) == 2, "the photo is still there")
    expect(page.locator(".chip.stale")).to_be_visible()

    page.get_by_role("link", name="All shades").click()
    expect(page.locator("ul.shades > li")).to_have_count(2)
    page.get_by_role("button", name="Train 1 shade").click()
    expect(message(page, "1 shade trained.")).to_be_visible()
    expect(page.locator(".chip.stale")).to_have_count(0)

    def delete():
        page.get_by_role("link", name="#60 Platinum Blonde").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.locator("ul.shades > li")).to_have_count(1)

    delete()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("ul.shades > li")).to_have_count(2)
    delete()
    assert not gone(server, f"/colors/{lose}")
    # Leaving the page commits the pending deletion.
    page.goto("about:blank")
    wait_until(lambda: gone(server, f"/colors/{lose}"), "the shade is still there")
    assert server.ask(f"/colors/{keep}")["image_count"] == 2


def test_naming_and_describing(server, open_page):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    other = server.ask("/colors", "POST", {"name": "House blonde"})["id"]
    page = open_page(f"{server.url}/#/library/{other}")
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit shade")
    dialog.get_by_label("Name").fill("#6 chestnut BROWN")
    dialog.get_by_role("button", name="Save").click()
    # The server's message appears next to the field.
    expect(dialog.get_by_role("alert")).to_contain_text("exists already")
    expect(dialog.get_by_label("Name")).to_be_focused()
    look(page, "edit-refused")
    dialog.get_by_label("Name").fill("House blonde, <b>warm</b>")
    dialog.get_by_label("Description").fill("For the window seat")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("House blonde, <b>warm</b>")
    assert server.ask(f"/colors/{other}")["description"] == "For the window seat"


def test_a_whole_library_moves_as_one_file(serve, open_page, tmp_path):
    one, other = serve(), serve()
    if "/export" not in one.ask("/openapi.json")["paths"]:
        pytest.skip("this build has no /export")
    one.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    one.teach("#60 Platinum Blonde", "#eeddc5", "platinum-blonde")
    page = open_page(f"{one.url}/#/library")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.stat().st_size > 100_000

    page = open_page(f"{other.url}/#/library")
    page.locator("#library input[type=file]").set_input_files(file)
    expect(page.get_by_text("2 shades, 2 ready to match, 6 photos")).to_be_visible()
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(file.read_bytes()[:50_000])
    page.locator("#library input[type=file]").set_input_files(damaged)
    expect(message(page, re.compile("damaged|cut|short|not"))).to_be_visible()
