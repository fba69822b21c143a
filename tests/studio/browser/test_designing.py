"""The network: dragged, reordered, removed, undone, broken and mended."""

from __future__ import annotations

import re

import pytest

from studio.browser.hands import Hands, expect

pytestmark = pytest.mark.long


@pytest.fixture
def designer(hands: Hands) -> Hands:
    hands.skip_guide()
    hands.go("Network")
    hands.page.locator("[data-block]").first.wait_for()
    return hands


def settle(hands: Hands, *titles: str) -> None:
    """Wait until the blocks begin with these words."""
    expect(hands.blocks()).to_contain_text(list(titles))


def test_a_block_is_dragged_in_reordered_doubled_and_removed(designer: Hands) -> None:
    page = designer.page
    palette = page.locator("[data-class=Dropout]")
    designer.drag(palette, page.locator("[data-block]").first, below=True)
    settle(designer, "Dense", "Dropout")
    designer.drag(page.locator("[data-block]").nth(1), page.locator("[data-block]").first)
    settle(designer, "Dropout", "Dense")
    designer.press("Double Dense")
    settle(designer, "Dropout", "Dense", "Dense")
    designer.press("Remove Dropout")
    settle(designer, "Dense", "Dense")
    for left in (["Dropout", "Dense", "Dense"], ["Dropout", "Dense"], ["Dense", "Dropout"], ["Dense"]):
        page.keyboard.press("Control+z")
        settle(designer, *left)
    page.keyboard.press("Control+y")
    settle(designer, "Dense", "Dropout")


def test_blocks_move_by_keys_and_this_is_announced(designer: Hands) -> None:
    page = designer.page
    designer.press("Add Dropout")
    settle(designer, "Dense", "Dropout")
    page.locator("[data-open='1']").focus()
    page.keyboard.press("Alt+ArrowUp")
    settle(designer, "Dropout", "Dense")
    expect(page.locator("[role=status]")).to_contain_text("Dropout is now block 1 of 2")
    expect(page.locator("[data-open='0']")).to_be_focused()
    page.keyboard.press("Delete")
    settle(designer, "Dense")
    expect(page.locator("[role=status]")).to_contain_text("removed")


def test_a_broken_design_is_explained_on_its_block_and_mended(designer: Hands) -> None:
    page = designer.page
    block = page.locator("[data-block]").first
    block.locator(".open").first.click()
    designer.set("Neurons", "0")
    said = block.locator(".note.bad")
    expect(said).to_contain_text(re.compile(r"^\s*Expected "))  # without the way to the block, beside which it stands
    expect(page.get_by_role("textbox", name="Neurons", exact=True)).to_have_attribute("aria-invalid", "true")
    train = page.get_by_role("region", name="Your network").get_by_role("button", name="Train")
    expect(train).to_be_disabled()
    designer.set("Neurons", "24")
    said.wait_for(state="detached")
    designer.ready()


def test_undo_works_from_a_choice_too_and_settings_stay_beside_a_long_network(designer: Hands) -> None:
    page = designer.page
    page.get_by_role("group", name="How many settings").get_by_text("All").click()
    page.get_by_label("A network by its name").select_option(label="CNN")
    settle(designer, "Reshape", "Conv2D", "Batch", "Activation", "MaxPooling2D", "Conv2D", "Batch", "Activation",
           "MaxPooling2D", "GlobalAveragePooling2D", "Dense")  # fmt: skip
    page.keyboard.press("Control+z")  # the choice has the focus
    settle(designer, "Dense")
    page.keyboard.press("Control+y")
    page.locator("[data-open='10']").click()
    assert page.evaluate("scrollY") > 300
    expect(page.get_by_role("textbox", name="Neurons", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("button", name="Add Dense")).to_be_in_viewport()


def test_blocks_hold_blocks(designer: Hands) -> None:
    page = designer.page
    designer.press("Add Residual")
    inner = page.get_by_label("Blocks within")
    inner.wait_for()
    designer.drag(page.locator("[data-class=Dropout]"), inner.locator("[data-block]").first, below=True)
    expect(page.locator("ol ol [data-block]")).to_have_count(2)


def test_a_network_with_a_name_is_shown_as_its_blocks_and_becomes_ones_own(designer: Hands) -> None:
    page = designer.page
    page.get_by_role("group", name="How many settings").get_by_text("All").click()
    page.get_by_label("A network by its name").select_option(label="LeNet")
    named = ["Reshape", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    settle(designer, *named)
    page.get_by_text("These are the layers of LeNet").wait_for()
    page.locator("[data-open='1']").click()
    designer.set("Filters", "6")
    settle(designer, "Reshape", "filters 6", *named[2:])
    page.get_by_text("These are the layers of LeNet").wait_for(state="detached")
    page.locator("[data-open='6']").focus()
    page.keyboard.press("Alt+ArrowUp")
    settle(designer, "Reshape", "filters 6", *named[2:5], "Dense", "Flatten")
    designer.press("Spec")
    spec = re.compile(r"^(?!.*network).*filters = 6.*learning_rate = 0\.003", re.DOTALL)
    expect(page.get_by_label("The spec, which can be changed here")).to_have_value(spec)
    for _ in range(2):
        page.keyboard.press("Control+z")
    page.get_by_text("These are the layers of LeNet").wait_for()
    settle(designer, *named)


def test_code_and_blocks_say_the_same(designer: Hands) -> None:
    page = designer.page
    designer.press("Spec")
    text = page.get_by_label("The spec, which can be changed here")
    expect(text).to_have_value(re.compile("layers"))
    text.fill('data = "moons"\nlayers = [7, 5, 3]\n')
    designer.press("Take it")
    settle(designer, "7 neurons", "5 neurons", "3 neurons")
    designer.press("Python")
    expect(page.get_by_label("Code", exact=True)).to_contain_text("moons")
