"""Error states and input: bad files, a stopped server, an API key, drop, paste, the camera, and the keyboard."""

import pathlib
import re
import struct

from conftest import DEMO, look, photos
from playwright.sync_api import expect

BACK = DEMO / "match-back.jpg"


def test_a_bad_file_is_reported_and_the_good_one_matched(server, open_page, viewport, tmp_path):
    bad = tmp_path / "notes.jpg"
    bad.write_text("Trim two inches.")
    page = open_page(server.url, viewport)
    page.locator("#file").set_input_files([bad, BACK])
    cards = page.locator("article.result")
    expect(cards.nth(0).get_by_role("heading", name="We couldn't read this photo")).to_be_visible()
    expect(cards.nth(0).locator(".note.bad")).to_contain_text(re.compile("JPEG|image"))
    expect(cards.nth(1).get_by_role("heading", name="#6 Chestnut Brown")).to_be_visible()
    look(page, "bad-file")

    # The same when photos are added to a shade.
    shade = server.ask("/colors", "POST", {"name": "House brown"})["id"]
    page.goto(f"{server.url}/#/library/{shade}")
    page.locator("#library input[type=file]").set_input_files([bad, BACK])
    expect(page.locator(".sending.failed")).to_contain_text("notes.jpg")
    expect(page.get_by_role("heading", name="1 photo")).to_be_visible()
    look(page, "bad-upload")
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.locator(".sending")).to_have_count(0)


def test_a_photo_without_hair_is_reported(server, open_page):
    page = open_page(server.url)
    page.evaluate(
        """async () => {
            const canvas = Object.assign(document.createElement('canvas'), {width: 400, height: 300});
            canvas.getContext('2d').fillRect(0, 0, 400, 300);
            const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
            const data = new DataTransfer();
            data.items.add(new File([blob], 'wall.png', {type: 'image/png'}));
            document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
        }"""
    )
    expect(page.locator(".note.bad")).to_contain_text("No hair detected")


def test_the_server_goes_and_comes_back(server, open_page, viewport):
    server.teach("#6 Chestnut Brown", "#674a33", "chestnut-brown")
    page = open_page(server.url, viewport)
    expect(page.get_by_role("button", name="Choose photos")).to_be_visible()
    server.stop()
    page.locator("#file").set_input_files(BACK)
    expect(page.get_by_role("heading", name="Waiting for the server")).to_be_visible()
    expect(page.get_by_text("Can't reach Strand. Trying again…")).to_be_visible()
    look(page, "gone-match")
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Waiting for the server")).to_be_visible()
    look(page, "gone-library")

    server.start()
    # The library and the photo continue without a click.
    expect(page.get_by_text("Strand is back.")).to_be_visible()
    expect(page.get_by_text("1 shade, 1 ready to match, 3 photos")).to_be_visible()
    page.get_by_role("link", name="Match").click()
    expect(page.locator("article.result").get_by_role("heading", level=2)).to_have_text("#6 Chestnut Brown")


def test_the_page_asks_for_the_key_if_one_is_set(serve, open_page, viewport):
    server = serve(STRAND_API_KEY="open sesame")
    page = open_page(f"{server.url}/#/library", viewport)
    page.get_by_role("button", name="#6 Chestnut Brown").click()
    dialog = page.get_by_role("dialog", name="This library is protected")
    look(page, "key")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert server.ask("/colors") == []

    page.get_by_role("button", name="#6 Chestnut Brown").click()
    dialog.get_by_label("API key").fill("open barley")
    dialog.get_by_role("button", name="Unlock").click()
    expect(dialog.get_by_role("alert")).to_have_text("Wrong key. Try again.")
    look(page, "key-refused")
    dialog.get_by_label("API key").fill("open sesame")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="#6 Chestnut Brown")).to_be_visible()

    # The key now works for everything, including the training stream, and survives a reload.
    page.locator("#library input[type=file]").set_input_files(photos("chestnut-brown"))
    expect(page.get_by_role("heading", name="3 photos")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".chip.ready")).to_be_visible()
    assert "open%20sesame" not in server.log.read_text() and "open sesame" not in server.log.read_text()


def sideways(jpeg):
    """The JPEG with EXIF orientation 6, which turns it by 90 degrees."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0" + b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def size_of(jpeg):
    """Width and height from the JPEG frame header."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    height, width = struct.unpack(">HH", jpeg[at + 5 : at + 9])
    return width, height


def test_photos_are_turned_upright_and_made_smaller_before_they_are_sent(server, open_page):
    page = open_page(server.url)
    # The DevTools protocol does not expose blobs, so record them where the page sends them.
    large = page.evaluate(
        """async () => {
            window.sent = [];
            const send = XMLHttpRequest.prototype.send;
            XMLHttpRequest.prototype.send = function (body) { window.sent.push(body); send.call(this, body); };
            const canvas = Object.assign(document.createElement('canvas'), {width: 2800, height: 2100});
            canvas.getContext('2d').fillRect(0, 0, 2800, 2100);
            const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg'));
            return [...new Uint8Array(await blob.arrayBuffer())];
        }"""
    )
    sent = "async () => [...new Uint8Array(await window.sent.shift().arrayBuffer())]"
    with page.expect_request("**/analyze?*"):
        page.locator("#file").set_input_files(
            {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": sideways(bytes(large))}
        )
    jpeg = bytes(page.evaluate(sent))
    assert size_of(jpeg) == (960, 1280)
    assert b"Exif" not in jpeg

    # A small photo is sent unchanged.
    with page.expect_request("**/analyze?*"):
        page.locator("#file").set_input_files(BACK)
    assert bytes(page.evaluate(sent)) == BACK.read_bytes()


def test_a_canvas_that_gives_noise_is_not_used(server, open_page):
    page = open_page(server.url)
    # As Firefox does with resistFingerprinting.
    page.add_init_script(
        """const read = CanvasRenderingContext2D.prototype.getImageData;
        CanvasRenderingContext2D.prototype.getImageData = function (...where) {
            const image = read.apply(this, where);
            image.data.forEach((value, at) => { image.data[at] = (value + 97) % 256; });
            return image;
        };
        window.sent = [];
        const send = XMLHttpRequest.prototype.send;
        XMLHttpRequest.prototype.send = function (body) { window.sent.push(body); send.call(this, body); };"""
    )
    page.reload()
    expect(page.get_by_role("button", name="Choose photos")).to_be_visible()
    large = pathlib.Path(server.directory) / "large.jpg"
    # Behind the picture, so that the file is one that the page would make smaller.
    large.write_bytes(BACK.read_bytes() + bytes(2_000_000))
    with page.expect_request("**/analyze?*"):
        page.locator("#file").set_input_files(large)
    size = page.evaluate("() => window.sent[0].size")
    assert size == large.stat().st_size
    expect(page.locator("article.result").get_by_role("heading", level=2)).to_have_text("#6 Chestnut Brown")
    expect(page.get_by_role("button", name="Take a photo")).to_be_hidden()


def test_two_trainings_are_followed_at_a_time(server, open_page):
    page = open_page(server.url)
    followed = page.evaluate(
        """async () => {
            const { train } = await import(new URL('page/teach.js', location.href));
            const opened = [];
            window.fetch = (url) => new Promise((answer) => {
                const body = new ReadableStream({ start(controller) {
                    opened.push(() => {
                        controller.enqueue(new TextEncoder().encode('data: {"status":"complete","percentage":100}\\n\\n'));
                        controller.close();
                    });
                } });
                answer(new Response(body));
            });
            const turn = () => new Promise((done) => setTimeout(done, 50));
            const trainings = [1, 2, 3, 4].map((id) => train(id, () => {}));
            await turn();
            const counts = [opened.length];
            opened[0]();
            await trainings[0];
            await turn();
            counts.push(opened.length);
            opened[1]();
            await trainings[1];
            await turn();
            counts.push(opened.length);
            opened[2]();
            opened[3]();
            await Promise.all(trainings);
            return counts;
        }"""
    )
    assert followed == [2, 3, 4]


def test_photos_can_be_dropped_and_pasted(server, open_page):
    page = open_page(server.url)
    photo = list(BACK.read_bytes())
    give = """async ([kind, count, photo]) => {
        const blob = new Uint8Array(photo);
        const data = new DataTransfer();
        for (let k = 0; k < count; k += 1) data.items.add(new File([blob], `${kind}-${k}.jpg`, {type: 'image/jpeg'}));
        const event = kind === 'paste' ? new ClipboardEvent('paste', {clipboardData: data, bubbles: true})
            : new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true});
        document.querySelector('#drop').dispatchEvent(event);
    }"""
    page.evaluate(give, ["drop", 1, photo])
    expect(page.get_by_role("button", name="Remove drop-0.jpg")).to_be_visible()
    page.evaluate(give, ["paste", 7, photo])
    expect(page.locator(".toast")).to_contain_text("Only 5 at a time. We took the first 5 of 7.")
    expect(page.locator("article.result.done")).to_have_count(6)


def test_a_photo_can_be_taken(server, open_page):
    page = open_page(server.url)
    page.get_by_role("button", name="Take a photo").click()
    dialog = page.get_by_role("dialog", name="Take a photo")
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    dialog.get_by_role("button", name="Capture").click()
    expect(page.get_by_role("button", name="Remove camera.jpg")).to_be_visible()
    # The fake camera's picture shows no hair. The camera is off again.
    expect(page.locator("article.result")).to_contain_text("No hair detected")
    expect(page.locator("video")).to_have_count(0)


def test_it_works_from_the_keyboard(server, open_page):
    page = open_page(server.url)
    # Let the test intercept file choosers from here on. If it asked only at the key press, the browser could handle the
    # key first and open a chooser that nobody sees.
    page.on("filechooser", lambda _: None)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose photos")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(BACK)
    # The result is announced and has the focus.
    expect(page.locator("#announce")).to_have_text(re.compile("#6 Chestnut Brown, .* difference"))
    expect(page.get_by_role("heading", name="#6 Chestnut Brown")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("summary").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("details[open] .why")).to_contain_text("Compared by swatch only")
