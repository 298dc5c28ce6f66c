#!/usr/bin/env python3
"""Makes docs/page-match.webp, the screenshot in the README, from a running server.

    PYTHONPATH=target/browser/tools python3 docs/screenshot.py [BASE_URL]

Start with an empty library: the script adds the demo shades to it. It needs chromium, curl, Pillow, and the tools that
`make test-browser` installs. With Debian's fonts-inter and fonts-urw-base35, the page looks as on most desktops.
"""

import io
import json
import pathlib
import shutil
import subprocess
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = pathlib.Path(__file__).parent
SHADES = {
    "natural-black": ("#1B Natural Black", "#1d1a19"),
    "strawberry-blonde": ("#27 Strawberry Blonde", "#c38c58"),
    "platinum-blonde": ("#60 Platinum Blonde", "#eeddc5"),
    "chestnut-brown": ("#6 Chestnut Brown", "#674a33"),
}


def ask(*arguments):
    return json.loads(subprocess.run(["curl", "-sf", *arguments], check=True, capture_output=True).stdout)


def teach(base):
    for folder, (name, swatch) in SHADES.items():
        body = json.dumps({"name": name, "hex": swatch})
        color = ask(f"{base}/colors", "-H", "content-type: application/json", "-d", body)["id"]
        for photo in sorted((DOCS / "demo" / folder).glob("*.jpg")):
            ask("-F", f"image=@{photo}", f"{base}/colors/{color}/images")
    for color in ask(f"{base}/colors"):
        ask("-X", "POST", f"{base}/train/{color['id']}")


def main():
    base = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"
    if not ask(f"{base}/colors"):
        teach(base)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1240, "height": 990}, reduced_motion="reduce")
        page.goto(base)
        page.locator("#file").set_input_files(DOCS / "demo" / "match-back.jpg")
        page.locator("article.done summary").first.click()
        page.locator(".pair").wait_for()
        page.wait_for_load_state("networkidle")
        page.mouse.move(0, 0)
        page.evaluate("() => window.scrollTo(0, 0)")
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        picture.save(DOCS / "page-match.webp", quality=88, method=6)
        browser.close()


main()
