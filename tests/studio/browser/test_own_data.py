"""A table of one's own: from the file to predictions."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest

from studio.browser.hands import Hands, expect

pytestmark = pytest.mark.long


def test_a_table_is_dropped_trained_on_and_asked(hands: Hands, table: Path) -> None:
    page = hands.page
    hands.skip_guide()
    page.get_by_test_id("file").set_input_files(table)
    page.get_by_label("Use of town").wait_for()
    page.get_by_label("The column to be said").select_option("buys")
    page.get_by_text("one of 2: no, yes").wait_for()
    hands.press("Next: the network")
    offered = page.get_by_label("Begin from").get_by_role("option")
    expect(offered.filter(has_text="Deep and narrow")).to_have_count(1)
    expect(offered.filter(has_text="A digit read line by line")).to_have_count(0)  # made for a digit's eight lines
    hands.set("Rounds (epochs)", "30")
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")

    hands.go("Try")
    page.get_by_label("age", exact=True).fill("79")
    page.get_by_label("income", exact=True).fill("88")
    expect(page.get_by_test_id("said")).to_have_text("yes")
    page.get_by_label("age", exact=True).fill("19")
    page.get_by_label("income", exact=True).fill("12")
    expect(page.get_by_test_id("said")).to_have_text("no")
    layers = page.get_by_role("region", name="Every layer's answer")
    for words in ("Each number as waves periodic_embedding/waves", "Dense dense", "Answer dense_1"):
        layers.get_by_text(words).wait_for()

    with page.expect_download() as taken:
        page.get_by_test_id("rows").set_input_files(table)
    rows = Path(taken.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(rows) == 401

    hands.go("Results")
    page.get_by_role("table").wait_for()


def test_how_far_off_a_number_is_stands_in_its_own_units(hands: Hands, table: Path) -> None:
    hands.skip_guide()
    hands.bring(table, "income", "Its answer is a number")
    hands.go("Network")
    hands.set("Rounds (epochs)", "5")
    hands.go("Train")
    hands.press("Train")
    hands.state("done")
    told = hands.page.get_by_label("Trained").get_by_text("On average it is off by").inner_text()
    off = re.search(r"by ([\d.]+), in the units of “income”", told)
    assert off is not None
    assert 1 < float(off[1]) < 40  # of 10 to 90
    hands.go("Results")
    hands.page.get_by_role("heading", name="What it said, and what is right").wait_for()


def test_wrong_cells_of_a_table_are_left_empty_by_one_click(hands: Hands, table: Path) -> None:
    rows = table.read_text("utf-8").splitlines()
    rows[41] = f"about 40,{rows[41].partition(',')[2]}"
    rows = [f"{row},{1.5 * i if i != 90 else '12,5.'}" if i else f"{row},weight" for i, row in enumerate(rows)]
    table.write_text("\n".join(row.replace("12,5.", '"12,5."') for row in rows), "utf-8")
    hands.foresee("422 POST /api/data")
    hands.skip_guide()
    hands.page.get_by_test_id("file").set_input_files(table)
    hands.page.get_by_text("got 'about 40'").wait_for()
    hands.press("Leave this cell and others like it empty, in a copy")
    hands.page.get_by_text("2 cells of the table are left empty").wait_for()
    hands.page.get_by_text("column 'weight': 12,5.").wait_for()
    hands.page.get_by_label("The column to be said").select_option("buys")
    hands.page.get_by_text("one of 2: no, yes").wait_for()
    expect(hands.page.get_by_role("button", name="Next: the network")).to_be_enabled()


def test_a_column_with_gaps_is_left_out_of_readings_by_one_click(hands: Hands, tmp_path: Path) -> None:
    rows = "".join(f"{20 + i % 7},{'' if i % 50 == 3 else i % 11},{400 + i % 30}.{i % 7}\n" for i in range(300))
    (tmp_path / "air.csv").write_text(f"warm,wet,co2\n{rows}", "utf-8")
    hands.skip_guide()
    hands.bring(tmp_path / "air.csv", "co2", "Its answer is")
    hands.page.get_by_text("Its rows follow each other in time").click()
    hands.set("Length of a sample", "12")
    hands.press("Leave “wet” out")
    hands.page.get_by_text("What follows is co2").wait_for()
    expect(hands.page.get_by_label("Use of wet")).to_have_value("left out")
    expect(hands.page.get_by_label("Use of warm")).to_have_value("input")


def test_marks_from_1_to_5_can_be_learned_as_numbers(hands: Hands, tmp_path: Path) -> None:
    (tmp_path / "marks.csv").write_text(
        "x,mark\n" + "".join(f"{7 * i % 23},{1 + i % 5}\n" for i in range(100)), "utf-8"
    )
    hands.skip_guide()
    hands.bring(tmp_path / "marks.csv", "mark", "one of 5: 1, 2, 3, 4, 5")
    hands.press("Learn them as numbers")
    hands.page.get_by_text("Its answer is a number").wait_for()
    expect(hands.page.get_by_role("button", name="Learn them as numbers")).to_have_count(0)


def test_a_table_in_german_is_dropped_anywhere_and_asked_as_it_is_written(hands: Hands) -> None:
    """Numbers with a decimal comma are shown and read with one: 1.048,5 and 1.048 are above a thousand."""
    heights = [20 + 9.75 * (i % 200) for i in range(300)]
    written = [f"{h:,.2f}".translate(str.maketrans(",.", ".,")) for h in heights]
    rows = "".join(f"{text};{'Baum' if h > 900 else 'Strauch'}\n" for text, h in zip(written, heights, strict=True))
    hands.foresee("422 POST /api/runs/")
    hands.skip_guide()
    hands.page.locator("section[aria-labelledby=learned]").evaluate(DROPPED, "Höhe;Art\n" + rows)
    hands.page.get_by_text("which column should it learn to tell?").wait_for()
    hands.page.get_by_role("status").get_by_role("button", name="Art").click()
    hands.page.get_by_text("one of 2: Baum, Strauch").wait_for()
    hands.go("Train")
    hands.press("Train")
    hands.state("done")
    hands.go("Try")
    height = hands.page.get_by_label("Höhe", exact=True)
    expect(height).to_have_value(re.compile(r"^[67]\d\d(,\d+)?$"))  # the one in the middle
    for text, kind in (("1.748,5", "Baum"), ("101,25", "Strauch"), ("1.748", "Baum"), ("101", "Strauch")):
        height.fill(text)
        expect(hands.page.get_by_test_id("said")).to_have_text(kind)
    height.fill("48.1")
    hands.page.get_by_role("alert").filter(has_text="a number with a decimal comma, as in training").wait_for()


DROPPED = """(onto, text) => {
  const name = "Pflanzen.csv", file = done => done(new File([text], name));
  const event = new DragEvent("drop", { bubbles: true, cancelable: true });
  const items = [{ webkitGetAsEntry: () => ({ isFile: true, name, file }) }];
  Object.defineProperty(event, "dataTransfer", { value: { items } });
  onto.dispatchEvent(event);
}"""
ASKED = "which column should it learn to tell?"


def test_a_bad_file_is_not_shown_as_the_one_before(hands: Hands, table: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(bytes(range(256)) * 20)
    hands.foresee("400 POST /api/data")
    hands.skip_guide()
    hands.page.get_by_test_id("file").set_input_files(table)
    hands.page.get_by_text(ASKED).wait_for()
    assert "--target" not in hands.page.locator("main").inner_text()
    hands.page.get_by_test_id("file").set_input_files(bad)
    expect(hands.page.get_by_role("alert").first).to_contain_text("NUL bytes")
    expect(hands.page.get_by_text(ASKED)).to_have_count(0)
    expect(hands.page.get_by_label("Use of town")).to_have_count(0)


@pytest.mark.parametrize(
    ("text", "said"), [("a,b,c\n", "rows to learn from"), ("a\n1\n2\n3\n", "one at least to predict it from")]
)
def test_a_table_from_which_nothing_can_be_learned_is_not_asked_for_a_target(
    hands: Hands, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "none.csv").write_text(text)
    hands.foresee("422 POST /api/data")
    hands.skip_guide()
    hands.page.get_by_test_id("file").set_input_files(tmp_path / "none.csv")
    hands.page.get_by_role("alert").filter(has_text=said).wait_for()
    expect(hands.page.get_by_text(ASKED)).to_have_count(0)


def test_a_link_that_was_cut_short_is_told_and_opens_the_studio(hands: Hands) -> None:
    hands.link += "&spec=ZGF0YSA9ICJ"
    hands.foresee("400 POST /api/spec")
    hands.page = hands.tab()
    hands.page.get_by_text("was it copied whole?").first.wait_for()
    hands.choose("Spirals")


def test_a_bad_file_is_refused_in_a_sentence_at_its_place(hands: Hands, tmp_path: Path) -> None:
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"not a table at all")
    hands.foresee("400 POST /api/data")
    hands.skip_guide()
    hands.page.get_by_test_id("file").set_input_files(bad)
    said = hands.page.get_by_role("alert").first
    expect(said).to_contain_text("expected")
    expect(said).not_to_contain_text("Traceback")


# A folder dropped onto the page, as a browser tells of one: a hundred of what it holds at a time. A script can make
# files, but no folder.
DROP = """(onto, [name, pictures]) => {
  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const file = (name, text) => ({ isFile: true, name, file: done => done(new File([bytes(text)], name)) });
  const folder = (name, held) => ({ isDirectory: true, name, createReader: () => {
    let told = 0;
    return { readEntries: done => done(held.slice(told, told += 100)) };
  } });
  const classes = Object.entries(pictures).map(([name, all]) =>
    folder(name, all.map((text, i) => file(`${i}.png`, text)).concat(file(".DS_Store", ""))));
  const event = new DragEvent("drop", { bubbles: true, cancelable: true });
  const items = [{ webkitGetAsEntry: () => folder(name, [file(".DS_Store", ""), ...classes]) }];
  Object.defineProperty(event, "dataTransfer", { value: { items } });
  onto.dispatchEvent(event);
}"""


def test_a_folder_of_pictures_is_dropped(hands: Hands) -> None:
    images = pytest.importorskip("PIL.Image", reason="pictures are made with Pillow")

    def picture(grey: int) -> str:
        made = io.BytesIO()
        images.new("L", (6, 6), grey).save(made, "PNG")
        return base64.b64encode(made.getvalue()).decode()

    hands.skip_guide()
    held = {"bright": [picture(130 + i) for i in range(110)], "dark": [picture(i) for i in range(20)]}
    with hands.page.expect_response(
        lambda reply: "api/data" in reply.url and "upload" in reply.request.post_data
    ) as told:
        hands.page.locator(".drop").evaluate(DROP, ["lights", held])
    found = told.value.json()
    assert (found["kind"], found["rows"], found["classes"]) == ("images", 130, ["bright", "dark"])
    hands.page.get_by_role("button", name="Next: the network").wait_for()
