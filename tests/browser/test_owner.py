"""What an owner does beside the main path: many photos, trainings, searches, reloads, and going back."""

import re

from conftest import DEMO, look, photos
from playwright.sync_api import expect
from test_walk import message

BACK = DEMO / "match-back.jpg"


def input_of(page):
    return page.locator("#library input[type=file][multiple]")


def hold(page, pattern):
    """Holds requests until the returned function is called."""
    waiting, open_ = [], []

    def on(route):
        if open_:
            route.continue_()
        else:
            waiting.append(route)

    page.route(pattern, on)

    def release():
        open_.append(True)
        for route in waiting:
            route.continue_()

    return release


def test_photos_on_their_way_survive_leaving_the_shade(server, open_page):
    one = server.ask("/colors", "POST", {"name": "House brown"})["id"]
    page = open_page(f"{server.url}/#/library/{one}", "phone")
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()
    release = hold(page, "**/uploads/*")
    input_of(page).set_input_files(photos("chestnut-brown"))
    expect(page.locator(".sending")).to_have_count(3)
    # Seen on every page, and the browser asks before the page is closed.
    page.get_by_role("link", name="Match").click()
    tray = page.get_by_role("region", name="In progress")
    expect(tray).to_contain_text("Adding photos to House brown: 0 of 3")
    look(page, "tray")
    asked = page.evaluate("() => !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    assert asked
    other = page.context.new_page()
    other.goto(f"{server.url}/#/library/{one}")
    expect(other.get_by_role("heading", name="No photos yet")).to_be_visible()
    release()
    expect(tray).to_be_hidden()
    assert not page.evaluate("() => !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    assert server.ask(f"/colors/{one}")["image_count"] == 3
    # Another tab shows them without being reloaded, and so does this one on return.
    expect(other.get_by_role("heading", name="3 photos")).to_be_visible()
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_text("1 shade, 0 ready to match, 3 photos")).to_be_visible()
    page.get_by_role("link", name="House brown").click()
    expect(page.locator(".photos img")).to_have_count(3)


def test_a_training_of_the_library_survives_a_reload_and_is_started_once(server, open_page):
    for name, folder in [("House brown", "chestnut-brown"), ("House blonde", "platinum-blonde")]:
        identity = server.ask("/colors", "POST", {"name": name})["id"]
        server.add(identity, photos(folder)[0])
    page = open_page(f"{server.url}/#/library")
    started, running = [], {"on": True}
    page.on("request", lambda request: started.append(request.url) if request.method == "POST" and request.url.endswith("/train") else None)

    def state(route):
        job = page.request.fetch(route.request).json()
        if running["on"]:
            job.update(status="running", done=1, percentage=50.0)
        route.fulfill(json=job)

    page.route(re.compile(r"/jobs/\d+$"), state)
    train = page.get_by_role("button", name="Train 2 shades")
    train.dblclick()
    line = page.get_by_role("progressbar", name="Training shade 2 of 2")
    expect(line).to_be_visible()
    expect(page.get_by_role("button", name="Training…")).to_be_disabled()
    look(page, "job")
    page.get_by_role("link", name="Match").click()
    expect(line).to_be_visible()
    page.reload()
    expect(line).to_be_visible()
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("button", name="Training…")).to_be_disabled()
    running["on"] = False
    expect(message(page, "2 shades trained.")).to_be_visible()
    expect(page.get_by_text("2 shades, 2 ready to match, 2 photos")).to_be_visible()
    expect(page.get_by_role("region", name="In progress")).to_be_hidden()
    assert len(started) == 1
    # Swatches show the hair of the photos, and nothing else of them.
    for swatch in page.locator(".card .swatch").all():
        expect(swatch).to_have_css("background-image", re.compile("linear-gradient"))
        assert swatch.locator("img").count() == 0


def test_a_job_that_runs_elsewhere_is_followed_and_cancelled(server, open_page):
    job = {"id": 7, "status": "running", "color_ids": [1, 2, 3], "done": 1, "total": 3, "percentage": 33.3, "error": None, "failures": []}
    server.ask("/colors", "POST", {"name": "House brown"})
    page = open_page("about:blank", hosts=[server.host])
    cancelled = []

    def one(route):
        if route.request.method == "DELETE":
            cancelled.append(True)
            job["status"] = "cancelled"
        return route.fulfill(json=job)

    page.route(re.compile(r"/jobs\?"), lambda route: route.fulfill(json=[job]))
    page.route(re.compile(r"/jobs/7$"), one)
    page.goto(f"{server.url}/#/library")
    expect(page.get_by_role("progressbar", name="Training shade 2 of 3")).to_be_visible()
    page.get_by_role("region", name="In progress").get_by_role("button", name="Cancel").click()
    expect(message(page, "Training stopped. 1 shade of 3 trained.")).to_be_visible()
    assert cancelled == [True]


def test_a_photo_is_sent_once(server, open_page):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    page = open_page(server.url)
    bodies = []
    page.on("request", lambda request: bodies.append((request.method, request.url.removeprefix(server.url), request.headers.get("content-type", ""))))
    page.locator("#file").set_input_files(DEMO / "match-figure.jpg")
    card = page.locator("article.result.done")
    # No shade of the library is close, so the standard palette answers, too.
    expect(card.get_by_text("None of your shades is close. Nearest standard shade:")).to_be_visible()
    card.get_by_role("button", name="#60 Platinum Blonde").click()
    expect(message(page, "Saved as #60 Platinum Blonde.")).to_be_visible()
    expect(card.get_by_text("Best match")).to_be_visible()
    sent = [path for method, path, _ in bodies if method == "PUT"]
    assert len(sent) == 1 and not [kind for _, _, kind in bodies if "multipart" in kind], bodies


def test_matching_needs_no_key_and_a_large_photo_goes_past_the_gateway(serve, open_page):
    server = serve(STRAND_API_KEY="open sesame")
    page = open_page(server.url)
    page.locator("#file").set_input_files(BACK)
    expect(page.locator("article.result.done")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)

    # API Gateway refuses large bodies with an answer of its own; then the key is asked for.
    page.route("**/analyze?*", lambda route: route.fulfill(status=413, json={"message": "Request Too Long"})
               if "multipart" in route.request.headers.get("content-type", "") else route.continue_())
    page.locator("#file").set_input_files(photos("platinum-blonde")[0])
    dialog = page.get_by_role("dialog", name="This library is protected")
    dialog.get_by_label("API key").fill("open sesame")
    dialog.get_by_role("button", name="Unlock").click()
    expect(page.locator("article.result.done")).to_have_count(2)


def test_a_photo_with_several_heads_is_asked_about(server, open_page, tmp_path):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    page = open_page(server.url)
    pair = tmp_path / "pair.jpg"
    pair.write_bytes(bytes(page.evaluate(PAIR, [list(BACK.read_bytes()), list((DEMO / "match-figure.jpg").read_bytes())])))
    page.locator("#file").set_input_files(pair)
    card = page.locator("article.result.done")
    card.get_by_role("button", name="Pick a shade…").click()
    page.get_by_role("dialog", name="Which shade is it?").get_by_role("button", name="#6 Chestnut Brown", exact=True).click()
    dialog = page.get_by_role("dialog", name="This photo shows 2 heads")
    look(page, "heads")
    dialog.get_by_role("button", name="Cancel").click()
    assert server.ask("/colors")[0]["image_count"] == 3

    page.get_by_role("link", name="Library").click()
    page.get_by_role("link", name="#6 Chestnut Brown").click()
    expect(page.get_by_role("heading", name="3 photos")).to_be_visible()
    input_of(page).set_input_files([pair, BACK])
    tray = page.get_by_role("region", name="In progress")
    expect(tray.get_by_text("pair.jpg shows 2 heads. Strand would learn from the largest one only.")).to_be_visible()
    expect(page.get_by_role("heading", name="4 photos")).to_be_visible()
    look(page, "heads-asked")
    tray.get_by_role("button", name="Leave out").click()
    expect(tray).to_be_hidden()
    input_of(page).set_input_files(pair)
    tray.get_by_role("button", name="Add anyway").click()
    expect(page.get_by_role("heading", name="5 photos")).to_be_visible()


PAIR = """async (files) => {
    const pictures = await Promise.all(files.map((bytes) => createImageBitmap(new Blob([new Uint8Array(bytes)]))));
    const canvas = Object.assign(document.createElement('canvas'), {width: 1400, height: 700});
    const context = canvas.getContext('2d');
    pictures.forEach((picture, at) => context.drawImage(picture, 700 * at, 0, 700, 700));
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg'));
    return [...new Uint8Array(await blob.arrayBuffer())];
}"""


def test_results_survive_a_reload(server, open_page):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    page = open_page(server.url)
    page.locator("#file").set_input_files([BACK, DEMO / "match-figure.jpg"])
    cards = page.locator("article.result.done")
    expect(cards).to_have_count(2)
    names = cards.get_by_role("heading", level=2).all_text_contents()
    page.reload()
    expect(cards.get_by_role("heading", level=2)).to_have_text(names)
    page.wait_for_function("() => [...document.querySelectorAll('.photo .all')].every((img) => img.naturalWidth > 0)")
    # The photo is still there to be taught, and what is removed does not come back.
    cards.nth(1).get_by_role("button", name=re.compile("Remove")).click()
    page.reload()
    expect(cards).to_have_count(1)
    cards.get_by_role("button", name="Pick a shade…").click()
    page.get_by_role("dialog", name="Which shade is it?").get_by_role("searchbox").fill("Mine alone")
    page.keyboard.press("Enter")
    expect(message(page, "Saved as Mine alone.")).to_be_visible()
    page.get_by_role("button", name=re.compile("Remove")).click()
    page.reload()
    expect(page.get_by_role("button", name="Choose photos")).to_be_visible()
    expect(cards).to_have_count(0)


def test_searches_are_kept_and_an_empty_one_says_so(server, open_page):
    for number in range(12):
        server.ask("/colors", "POST", {"name": f"Tone {number}"})
    page = open_page(f"{server.url}/#/library", "phone")
    find = page.get_by_role("searchbox", name="Find a shade")
    find.fill("tone 1")
    cards = page.locator("ul.shades > li")
    expect(cards).to_have_count(3)
    page.get_by_role("link", name="Tone 11").click()
    expect(page.get_by_role("heading", level=1, name="Tone 11")).to_be_visible()
    page.go_back()
    expect(find).to_have_value("tone 1")
    expect(cards).to_have_count(3)
    page.get_by_role("link", name="Tone 10").click()
    page.get_by_role("link", name="All shades").click()
    expect(cards).to_have_count(3)
    find.fill("lilac")
    expect(page.get_by_text("No shade matches “lilac”.")).to_be_visible()
    look(page, "nothing-found")
    page.get_by_role("button", name="Show all shades").click()
    expect(cards).to_have_count(12)
    # Back leads to the place in the list that was left.
    page.evaluate("() => window.scrollTo(0, 400)")
    page.wait_for_function("() => window.scrollY === 400")
    page.get_by_role("link", name="Tone 5", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Tone 5")).to_be_visible()
    page.go_back()
    expect(cards).to_have_count(12)
    page.wait_for_function("() => window.scrollY === 400")


def test_the_picker_works_from_the_keyboard(server, open_page):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    page = open_page(f"{server.url}/#/library")
    page.get_by_role("button", name="New shade").click()
    dialog = page.get_by_role("dialog", name="New shade")
    page.keyboard.type("blonde")
    rows = dialog.locator(".choices button")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.press("ArrowDown")
    chosen = rows.nth(0).text_content()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Name")).to_have_value(chosen)
    dialog.get_by_label("Name").fill("Nothing like it")
    expect(dialog.get_by_text("No standard shade has this name. It will be one of your own.")).to_be_visible()


def test_an_unknown_address_says_so(server, open_page):
    page = open_page(server.url)
    for path, title, way in [
        ("#/library/999", "This shade isn't here", "All shades"),
        ("#/library/ash", "This shade isn't here", "All shades"),
        ("#/shades", "This page isn't here", "Match a photo"),
    ]:
        page.goto(f"{server.url}/{path}")
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
        if path == "#/library/999":
            look(page, "unknown")
        page.get_by_role("link", name=way).click()
        expect(page.get_by_role("heading", level=1, name=title)).to_be_hidden()


def test_an_unfinished_setup_is_no_matter_of_commands(serve, open_page, tmp_path):
    empty = tmp_path / "models"
    empty.mkdir()
    server = serve(STRAND_MODELS_DIR=str(empty), STRAND_PARSER="hair-parser-pan")
    page = open_page(server.url)
    said = "Strand can't look at photos yet: its setup is not finished. Ask the person who set it up."
    page.locator("#file").set_input_files(BACK)
    expect(page.locator("article.result")).to_contain_text(said)
    expect(page.get_by_role("heading", name="Something went wrong")).to_be_visible()
    one = server.ask("/colors", "POST", {"name": "House brown"})["id"]
    page.goto(f"{server.url}/#/library/{one}")
    input_of(page).set_input_files(BACK)
    expect(page.get_by_role("heading", name="1 photo")).to_be_visible()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(message(page, said)).to_be_visible()
    page.get_by_role("link", name="All shades").click()
    assert "models fetch" not in page.content()


def test_a_match_has_one_verdict(server, open_page):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    page = open_page(server.url)

    def unlikely(route):
        answer = page.request.fetch(route.request).json()
        match = answer["results"][0]["best_matches"][0]
        match.update(combined_score=0.59, lab_difference_score=12.4)
        answer["results"][0]["no_match_score"] = 0.2
        route.fulfill(json=answer)

    page.route("**/analyze?*", unlikely)
    page.locator("#file").set_input_files(BACK)
    expect(page.locator("article.result .sure")).to_have_text("Good match · 59%")


def test_a_host_for_uploads_that_is_out_of_reach_is_gone_around(server, open_page):
    shade = server.ask("/colors", "POST", {"name": "House brown"})["id"]
    page = open_page(server.url, hosts=["bucket.example"], expected=["Content Security Policy", "connect-src"])

    def elsewhere(route):
        answer = page.request.fetch(route.request).json()
        route.fulfill(status=201, json={**answer, "url": f"https://bucket.example/uploads/{answer['key']}?signature=1"})

    page.route("**/uploads", elsewhere)
    page.locator("#file").set_input_files(BACK)
    expect(page.locator("article.result.done")).to_have_count(1)
    page.goto(f"{server.url}/#/library/{shade}")
    input_of(page).set_input_files(photos("chestnut-brown"))
    expect(page.get_by_role("heading", name="3 photos")).to_be_visible()


def test_a_shade_is_green_only_where_nothing_would_help_it(server, open_page):
    brown = server.teach("House brown", "#5c3a21", "chestnut-brown")
    page = open_page(f"{server.url}/#/library", "phone")
    card = page.locator(".card", has=page.get_by_role("link", name="House brown"))
    chip = card.locator(".chip")
    expect(chip).to_have_text("Ready")
    expect(chip).not_to_have_class(re.compile("helpable"))

    # The same photos in another shade: the page says what would help.
    server.teach("Copy", "#5c3a21", "chestnut-brown")
    page.reload()
    expect(chip).to_have_class(re.compile("helpable"))
    expect(card.locator(".advice")).to_contain_text('is also in "Copy"')
    look(page, "advice")
    page.goto(f"{server.url}/#/library/{brown}")
    expect(page.locator(".about .advice li")).to_have_count(3)
