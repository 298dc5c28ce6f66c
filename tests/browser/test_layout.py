"""The layout at each size: nothing scrolls sideways, breaks, or is cut off."""

import pytest
from conftest import DEMO, SIZES, VIEWPORTS, look
from playwright.sync_api import expect

BACK = DEMO / "match-back.jpg"



def lines_of(locator):
    """The number of lines of text in an element."""
    return locator.evaluate(
        """(element) => {
            const range = document.createRange();
            range.selectNodeContents(element);
            return new Set([...range.getClientRects()].filter(({ width }) => width > 1).map(({ top }) => Math.round(top / 8))).size;
        }"""
    )


def look_unless_seen(page, size, name):
    """Other tests look at the usual sizes."""
    if size not in VIEWPORTS:
        look(page, name)


def in_view(page, locator):
    box, size = locator.bounding_box(), page.viewport_size
    return box and box["y"] >= 0 and box["y"] + box["height"] <= size["height"] and box["x"] + box["width"] <= size["width"]


@pytest.mark.parametrize("size", SIZES)
def test_the_answer_fits_beside_its_photo(server, open_page, size):
    page = open_page(server.url, size)

    def widest(route):
        # One color and level 10: the widest figures.
        answer = page.request.fetch(route.request).json()
        row = answer[0]
        row["dominant_hair_colors"] = [{**row["dominant_hair_colors"][0], "percentage": 100}]
        row["analysis_summary"]["professional_level"] = 10
        route.fulfill(json=answer)

    page.route("**/analyze-legacy", widest)
    page.locator("#file").set_input_files([DEMO / "match-figure.jpg", BACK])
    cards = page.locator("article.result.done")
    expect(cards).to_have_count(2)
    look_unless_seen(page, size, "match")
    page.evaluate("() => window.scrollTo(0, 0)")
    card = cards.first
    height = page.viewport_size["height"]
    # Where the answer is below the photo, both are on the screen.
    title = card.get_by_role("heading", level=2)
    if card.locator(".photo").bounding_box()["width"] > 0.8 * card.bounding_box()["width"]:
        assert card.locator(".photo").bounding_box()["height"] <= 0.46 * height
        card.evaluate("(card) => card.scrollIntoView()")
    assert in_view(page, title)
    share = card.locator(".shares li > span", has_text="100%")
    assert lines_of(share) == 1
    assert lines_of(card.locator(".levels .here")) == 1
    page.get_by_role("button", name="Compare side by side").click()
    dialog = page.get_by_role("dialog", name="Side by side")
    look_unless_seen(page, size, "compare")
    for label in dialog.locator(".bar i").all():
        if label.is_visible():
            assert label.evaluate("(label) => label.scrollWidth <= label.parentElement.clientWidth"), label.text_content()
    for here in dialog.locator(".levels .here").all():
        assert lines_of(here) == 1


@pytest.mark.parametrize("size", SIZES)
def test_the_buttons_of_a_dialog_are_in_view(server, open_page, size):
    server.ask("/colors", "POST", {"name": "House brown"})
    page = open_page(f"{server.url}/#/library", size)
    page.get_by_role("button", name="New shade").click()
    dialog = page.get_by_role("dialog", name="New shade")
    expect(dialog.get_by_role("button", name="#1 Jet Black", exact=True)).to_be_visible()
    look_unless_seen(page, size, "create")
    for name in ("Create", "Cancel"):
        assert in_view(page, dialog.get_by_role("button", name=name)), name


def test_a_narrow_phone_shows_every_page_without_scrolling_sideways(server, open_page):
    shade = server.teach("A shade with quite a long name, as salons give them", "#674a33", "chestnut-brown")
    page = open_page(server.url, "small")
    look(page, "start")
    page.goto(f"{server.url}/#/library")
    expect(page.locator("ul.shades > li")).to_have_count(1)
    look(page, "library")
    page.goto(f"{server.url}/#/library/{shade}")
    expect(page.locator(".photos img")).to_have_count(3)
    look(page, "shade")


def test_the_page_stays_where_it_is_after_teaching(server, open_page):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    server.teach("#60 Platinum Blonde", "#eeddc5", "platinum-blonde")
    page = open_page(server.url, "phone")
    page.locator("#file").set_input_files([BACK, DEMO / "match-figure.jpg"])
    cards = page.locator("article.result.done")
    expect(cards).to_have_count(2)
    button = cards.nth(1).get_by_role("group", name="Not right?").get_by_role("button", name="#6 Chestnut Brown")
    button.scroll_into_view_if_needed()
    before = page.evaluate("() => window.scrollY")
    assert before > 500
    button.click()
    expect(page.locator(".toast", has_text="Saved as #6 Chestnut Brown.")).to_be_visible()
    assert abs(page.evaluate("() => window.scrollY") - before) <= 2


def test_a_result_prints_on_one_sheet(server, open_page):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    page = open_page(server.url)
    page.locator("#file").set_input_files(BACK)
    expect(page.locator("article.result.done")).to_have_count(1)
    sheet = page.pdf(format="A4")
    assert sheet.count(b"/Type /Page\n") + sheet.count(b"/Type /Page ") + sheet.count(b"/Type/Page/") == 1
