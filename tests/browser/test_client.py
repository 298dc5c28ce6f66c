"""The existing web client calls from another origin. A page on that origin makes the same calls."""

import functools
import http.server
import pathlib
import subprocess
import threading

import pytest
from conftest import DEMO, photos

CLIENT = pathlib.Path(__file__).with_name("client")


@pytest.fixture
def origin():
    """An origin that serves the client."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=CLIENT)
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    yield f"http://localhost:{web.server_port}"
    web.shutdown()


def open_client(open_page, origin, server, **options):
    page = open_page(f"{origin}/index.html?api={server.url}", hosts=[server.host], **options)
    page.wait_for_function("() => window.client")
    # Files come from an input, as in the client.
    page.evaluate("() => document.body.append(Object.assign(document.createElement('input'), {type: 'file', multiple: true}))")
    return page


def with_files(page, files, code, argument=None):
    page.locator("input[type=file]").set_input_files(files)
    return page.evaluate(
        f"(argument) => {{ const files = [...document.querySelector('input').files]; return ({code}); }}", argument
    )


def test_the_existing_client_does_all_it_does(serve, open_page, origin):
    server = serve(ALLOWED_ORIGINS=origin)
    page = open_client(open_page, origin, server)
    health = page.evaluate("() => client.list('/health')")
    assert (health["status"], health["service"]) == ("healthy", "Hair Color Analyzer API")

    shades = {}
    for name, folder in [("#6 Chestnut Brown", "chestnut-brown"), ("#60 Platinum Blonde", "platinum-blonde")]:
        color = page.evaluate("(name) => client.createColor(name, null)", name)
        assert color["name"] == name and color["description"] is None and color["status"] == "pending_data"
        shades[name] = color["id"]
        images = with_files(page, photos(folder), "client.uploadImages(argument, files)", color["id"])
        assert len({image["id"] for image in images}) == 3
        for image in images:
            assert image["image_path"].startswith("/training_data/") and image["is_processed"] is False
            assert page.evaluate("(path) => client.showImage(path)", image["image_path"]) == 1024
        events = page.evaluate("(id) => client.train(id)", color["id"])
        assert events[-1]["status"] == "complete" and events[-1]["percentage"] == 100
        shares = [event["percentage"] for event in events]
        assert shares == sorted(shares) and {event["status"] for event in events} <= {"processing", "training", "complete"}
        for event in events:
            assert {"step", "total_steps", "message", "percentage", "status"} <= event.keys()

    # Five photos at once for one shade, the most that the client's form allows.
    five = photos("strawberry-blonde") + photos("natural-black")[:2]
    extra = page.evaluate("() => client.createColor('Extra', 'five at once')")
    assert len(with_files(page, five, "client.uploadImages(argument, files)", extra["id"])) == 5
    assert len(page.evaluate("(id) => client.list(`/colors/${id}/images`)", extra["id"])) == 5

    answer = with_files(page, [DEMO / "match-back.jpg", DEMO / "match-figure.jpg"], "client.analyze(files)")
    assert answer["num_images"] == 2
    first, second = answer["results"]
    assert first["best_matches"][0]["color_id"] == shades["#6 Chestnut Brown"]
    assert second["best_matches"][0]["color_id"] == shades["#60 Platinum Blonde"]
    assert {"estimated_tone", "estimated_level", "estimated_style"} <= first["analysis_summary"].keys()
    legacy = with_files(page, [DEMO / "match-back.jpg"], "client.analyze(files, '/analyze-legacy', 'image')")
    assert legacy[0]["best_matches"][0]["name"] == "#6 Chestnut Brown"

    error = page.evaluate("() => client.createColor('#6 CHESTNUT brown').catch((error) => error.message)")
    assert "exists already" in error, error
    assert page.evaluate("() => client.list('/colors/999').catch((error) => error.message)").endswith(".")

    assert page.evaluate("(id) => client.deleteColor(id)", extra["id"]) == 204
    assert len(page.evaluate("() => client.list('/colors')")) == 2
    # JSON and DELETE are not simple requests, so the browser sent a preflight.
    assert '"method":"OPTIONS"' in server.log.read_text()


def test_an_event_source_that_is_never_closed_trains_once(serve, open_page, origin):
    server = serve(ALLOWED_ORIGINS=origin)
    color = server.ask("/colors", "POST", {"name": "Followed"})["id"]
    subprocess.run(
        ["curl", "-sf", "-F", f"image=@{DEMO / 'match-back.jpg'}", f"{server.url}/colors/{color}/images"], check=True, capture_output=True
    )
    page = open_client(open_page, origin, server)
    states = page.evaluate(
        """([url]) => new Promise((done) => {
            const states = [];
            const source = new EventSource(url);
            source.onmessage = ({ data }) => states.push(JSON.parse(data).status);
            // It connects again after the end, and stops when the server has nothing more to say.
            source.onerror = () => { if (source.readyState === EventSource.CLOSED) done(states); };
        })""",
        [f"{server.url}/train/{color}/stream"],
    )
    assert states.count("complete") == 1 and states[-1] == "complete", states
    assert server.ask(f"/colors/{color}")["model"]["version"] == 1


def test_a_page_on_an_origin_that_is_not_listed_reads_nothing(serve, open_page, origin):
    server = serve(ALLOWED_ORIGINS="https://shop.example")
    page = open_client(open_page, origin, server, expected=["blocked by CORS policy"])
    assert page.evaluate("() => client.list('/colors').catch((error) => error.name)") == "TypeError"
    assert page.evaluate("() => client.createColor('Sneaked').catch((error) => error.name)") == "TypeError"
    assert server.ask("/colors") == []
