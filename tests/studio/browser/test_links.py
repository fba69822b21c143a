"""Links: of a studio that was started anew, to one who has no token yet, and opened where the page stands open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from studio.browser.hands import PATIENCE, Hands, expect
from studio.browser.opening import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long
DOOR = "One word to open the studio"


def token_of(link: str) -> str:
    return link.rpartition("#token=")[2]


def test_a_studio_started_anew_is_found_again_by_its_new_link(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    with serving(tmp_path) as link:
        hands = Hands(context, link)
        hands.skip_guide()
        hands.choose("Moons")
        hands.go("Network")
        hands.set("Rounds (epochs)", "100000")
        hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
        hands.state("running")
        hands.page.get_by_label("How fast").select_option("200 steps a second")  # else it ends meanwhile
        hands.wait_for_step(50)
    page = hands.page
    page.get_by_text("The studio does not answer").first.wait_for()
    port = re.search(r":(\d+)/", link)
    assert port is not None
    with serving(tmp_path, int(port[1])) as again:
        page.get_by_text(DOOR).wait_for()  # it answers, but wants its own word
        expect(page.get_by_text("The studio does not answer")).to_have_count(0)
        page.evaluate("link => location.assign(link)", again)  # which is what pasting it into the address does
        page.get_by_role("region", name="What the data look like").wait_for()
        hands.go("Train")
        hands.press("Go on")
        hands.state("running", "moons-1")
        hands.press("Finish here")
        hands.state("done", "moons-1")
        assert page.evaluate("JSON.parse(sessionStorage.getItem('pellucid-spec')).data") == "moons"
        context.close()


def shared(hands: Hands) -> str:
    """A link to a network of two blocks."""
    hands.skip_guide()
    hands.go("Network")
    hands.press("Add Dropout")
    blocks(hands.page, 2)
    hands.press("Share this network")
    return hands.page.get_by_label("Link", exact=True).input_value()


def blocks(page: Page, n: int) -> None:
    expect(page.locator("[data-block]")).to_have_count(n)


def test_who_has_no_token_yet_gives_it_and_has_the_network_of_the_link(hands: Hands, browser: Browser) -> None:
    link = shared(hands)
    expect(hands.page.get_by_role("dialog")).to_contain_text(f"at the same address, {urlsplit(link).netloc}, ")
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(link)
    page.get_by_text(DOOR).wait_for()
    page.get_by_label("Password or token").fill(token_of(hands.link))
    page.get_by_role("button", name="Open").click()
    page.get_by_role("navigation").get_by_role("link", name="Network").click()
    blocks(page, 2)
    context.close()


def test_a_link_opened_where_the_page_stands_open_is_followed(hands: Hands) -> None:
    link = shared(hands)
    page = hands.page
    page.keyboard.press("Escape")
    hands.press("Remove Dropout")
    blocks(page, 1)
    page.evaluate("link => location.assign(link)", link)
    page.get_by_text("The network of the link is here").first.wait_for()
    hands.go("Network")
    blocks(page, 2)
