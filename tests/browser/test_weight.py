"""The cost of the page: bytes and requests, also those that the first paint waits for."""

from playwright.sync_api import expect

MOST_BYTES = 150_000
# What a server sends before the first acknowledgment (RFC 6928: ten segments of 1,460 bytes), so that the first paint
# takes one round trip on a phone.
MOST_BYTES_BEFORE_PAINT = 14_600


def test_the_page_is_light(server, open_page):
    page = open_page("about:blank", hosts=[server.host])
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    loaded = []
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    page.goto(server.url, wait_until="networkidle")
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Your shades live here")).to_be_visible()
    print(f"{sum(loaded)} bytes in {len(loaded)} requests, headers and the API's answers included")
    assert len(loaded) > 10 and sum(loaded) <= MOST_BYTES, sum(loaded)

    # A second visit revalidates, and nothing has changed.
    loaded.clear()
    page.reload(wait_until="networkidle")
    print(f"{sum(loaded)} bytes on a second visit")
    assert sum(loaded) <= 20_000, sum(loaded)


def test_the_first_paint_waits_for_little(server, open_page):
    page = open_page(server.url, "phone", hosts=[server.host])
    expect(page.get_by_role("heading", name="Which shade is it?")).to_be_visible()
    waited_for = page.evaluate(
        """() => [
            ...performance.getEntriesByType('navigation'),
            ...performance.getEntriesByType('resource').filter((entry) => entry.renderBlockingStatus === 'blocking'),
        ].map((entry) => [entry.name, entry.initiatorType, entry.transferSize])"""
    )
    total = sum(size for _, _, size in waited_for)
    print(f"{total} bytes in {len(waited_for)} requests before the first paint")
    assert [by for _, by, _ in waited_for] == ["navigation"], waited_for
    assert 0 < total <= MOST_BYTES_BEFORE_PAINT, waited_for


def test_the_content_security_policy_holds(server, open_page):
    page = open_page(server.url, expected=["Content Security Policy"])
    expect(page.get_by_role("heading", name="Which shade is it?")).to_be_visible()
    # Injected code and styles do not run.
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.slipped = true';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', '<p id="styled" style="color: rgb(1, 2, 3)">x</p>');
        }"""
    )
    assert page.evaluate("() => window.slipped") is None
    assert page.locator("#styled").evaluate("(p) => getComputedStyle(p).color") != "rgb(1, 2, 3)"
