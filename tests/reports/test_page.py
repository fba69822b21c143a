"""The page: whole, well-formed, and telling what it was given."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from pellucid.reports import Contents, LayerRow, render
from pellucid.training.probing import Look
from reports.pages import Page

FINDING = {
    "rule": "vanishing_gradient", "title": "The gradient vanishes", "evidence": "At step 7 it is 1e-9.",
    "confidence": 0.9375, "meaning": "The first layers hardly learn.", "remedy": "Use relu.",
    "change": {"activation": "relu", "batch_norm": True, "layers": [8, {"class": "Dense", "units": 2}]},
    "where": "dense/kernel", "source": "Glorot & Bengio (2010)",
}  # fmt: skip


def read(c: Contents) -> Page:
    page = Page(render(c))
    page.check()
    return page


def sections(page: Page) -> list[str]:
    return [str(attributes["id"]) for attributes in page.of("section")]


def test_a_report_of_classes(classes: Contents):
    page = read(classes)
    assert "A network of 2-3-2 units, trained for 2 epochs on 1,000 samples of planes, names the class of 3 of 4" in (
        page.said
    )
    assert "Always naming the commonest class would be right in 50.0 %." in page.said
    assert sections(page) == ["learning", "test", "mistakes", "network", "flow", "again"]
    assert len(page.of("svg")) == 4  # loss, accuracy, confusion matrix, plane; two inputs have no weights to see
    for told in (
        "75.0 %",
        "0.5000",
        "73.3 %",
        "1.2 s",
        "dense_1",
        "softmax",
        "seed = 7",
        "1 mistake. Rows count from 0 in the test data.",
        "its seed is 7",
    ):
        assert told in page.said, told


def test_windows_that_were_mistaken_are_drawn_as_lines(classes: Contents):
    x = np.stack([np.arange(12.0).reshape(3, 4)] * 4)
    x[2, 1] = [8, 1, 2, 11]  # the one that was told wrongly
    page = read(replace(classes, x=x, windows=True))
    (chart,) = [one for one in page.of("svg") if one.get("class") == "lines"]
    assert (chart["viewbox"], chart["aria-label"]) == ("0 0 2 4", "Test sample 2, a 0, taken for a 1.")
    assert [line["points"] for line in page.of("polyline")] == [
        "0,0.940 1,0.060 2,0.060", "0,1.940 1,1.940 2,1.060", "0,2.940 1,2.940 2,2.060", "0,3.940 1,3.060 2,3.060",
    ]  # fmt: skip
    assert [one["alt"] for one in page.of("img")] == []


def test_a_report_of_numbers(numbers: Contents):
    page = read(numbers)
    assert "is off by 0.25 (root mean square) on 4 held-out samples and explains 95.0 % of their variance" in page.said
    assert "would be off by 1.118" in page.said
    assert "row true predicted off by x0 2 2.5 2 0.5 2" in page.said  # the worst row stands first
    assert len(page.of("svg")) == 4  # loss, mae, the curve, prediction over truth
    assert "trained for 1 epoch on" in page.said


def test_worse_than_the_mean_is_said(numbers: Contents):
    page = read(replace(numbers, metrics={**numbers.metrics, "r2": -0.5}))
    assert "worse than their mean would: R² = −0.5" in page.said


def test_forecasts_stand_beside_the_last_value(numbers: Contents):
    plain = {"last_value_root_mean_squared_error": 0.5, "last_value_mean_absolute_error": 0.3125}
    places = [f"row {n}" for n in (7, 8, 9, 10)]
    given = replace(numbers, ahead=3, targets=["warmth"], places=places, columns=["last value"],
                    cells=lambda row: [f"{row}.5"], metrics={**numbers.metrics, **plain})  # fmt: skip
    said = read(given).said
    assert "on 40 windows of line, is off by 0.25 (root mean square) in forecasts of warmth, 3 rows ahead, on 4" in said
    assert "The plainest forecast, that the last value goes on, would be off by 0.5: 50.0 % of that is gone." in said
    assert "the network 0.25 0.125 the last value goes on 0.5 0.3125 the mean 1.118" in said
    assert "Rows count from 0, and each is the last of its window." in said
    assert "in the file true predicted off by last value row 9 2.5 2 0.5 2.5" in said
    worse = {**given.metrics, "last_value_root_mean_squared_error": 0.2}
    told = "would be off by 0.2, and the network is not better: forecast with the last value, or train another network."
    assert told in read(replace(given, metrics=worse)).said


def test_labels_are_told_as_labels(numbers: Contents):
    y = np.array([[1, 0], [1, 1], [1, 0], [0, 0]], "float32")
    scores = {"precision": 1.0, "recall": 0.75, "f1": 0.8571}
    labels = [{"label": name, **scores, "support": n} for name, n in (("warm", 3), ("wet", 1))]
    metrics = {**numbers.metrics, "binary_accuracy": 0.875, "all_labels_right": 0.5, "per_label": labels}
    given = replace(numbers, y=y, outputs=y * 0.9, targets=["warm", "wet"], metrics=metrics)
    page = read(given)
    said = "is right in 87.5 % of what it says of 2 labels, and in all of them for 50.0 % of 4 held-out samples."
    assert said in page.said
    assert "of each label what is so in most of these samples would be right in 75.0 %." in page.said
    assert "wet 1.0000 0.7500 0.8571 1" in page.said
    assert "R²" not in page.said
    assert "0 warm 1 0.9 0.1" in page.said  # row, label, true, predicted, off by


def test_each_of_several_columns_is_told_in_its_own_units(numbers: Contents):
    y = np.array([[1000.0, 1], [2000, 2], [3000, 3], [4000, 4]])
    off = np.array([[0, 0], [100, 0], [0, 2], [0, 0]])
    said = read(replace(numbers, y=y, outputs=y - off, targets=["mass", "size"])).said
    assert "mass 50 25 1118 size 1 0.5 1.118" in said
    assert said.index("2 size 3 1 2 2") < said.index("1 mass 2000 1900 100 1")  # what is far off for its column first


def test_the_same_contents_give_the_same_page(classes: Contents, looks: list[Look]):
    given = replace(classes, looks=looks)
    assert render(given) == render(given)


def test_probes_are_drawn(classes: Contents, looks: list[Look]):
    page = read(replace(classes, looks=looks))
    labels = [str(attributes["aria-label"]) for attributes in page.of("svg")]
    for told in ("Root mean square of each", "Size of each update", "Share of dead", "outputs of dense_1 over"):
        assert any(told in label for label in labels), told
    assert "From 3 looks into the network" in page.said
    assert "recorded no probes" in read(classes).said


def test_layers_that_only_prepare_the_inputs_are_left_out(classes: Contents, looks: list[Look]):
    given = [replace(look, outputs={"flatten": look.outputs["dense"], **look.outputs}) for look in looks]
    said = read(replace(classes, looks=given)).said
    assert "Outputs of dense_1" in said
    assert "flatten" not in said


def test_many_looks_are_thinned_and_it_is_said(classes: Contents, looks: list[Look]):
    many = [replace(looks[i % 3], step=i) for i in range(700)]
    assert "From 700 looks into the network while it learned, of which 234 are drawn." in (
        read(replace(classes, looks=many)).said
    )


def test_findings_are_told_with_their_cure(classes: Contents):
    page = read(replace(classes, findings=[FINDING]))
    assert sections(page)[0] == "doctor"
    for told in ("The gradient vanishes", "true in 94 % of tests · dense/kernel · rule vanishing_gradient",
                 "At step 7 it is 1e-9.",
                 "The first layers hardly learn.", "What to do: Use relu.", 'activation = "relu" batch_norm = true',
                 'layers = [8, { class = "Dense", units = 2 }]', "Source: Glorot & Bengio (2010)"):  # fmt: skip
        assert told in page.said, told
    assert "found nothing wrong" in read(replace(classes, findings=[])).said
    assert "doctor" not in read(classes).said


def test_a_finding_may_be_short(classes: Contents):
    short = {key: FINDING[key] for key in ("rule", "title", "evidence", "confidence", "meaning", "remedy")}
    assert "Source" not in read(replace(classes, findings=[{**short, "change": {}, "where": "", "source": ""}])).said


EVIL = '</style><script>alert("1")</script><img src=x onerror=y>&amp;'


def test_what_is_given_stays_text(classes: Contents):
    finding = dict.fromkeys(FINDING, EVIL) | {"confidence": 0.5, "change": {EVIL: EVIL}}
    page = read(
        replace(
            classes, run=EVIL, data=EVIL, spec=EVIL, command=EVIL, chain=EVIL, findings=[finding],
            layers=[LayerRow(EVIL, EVIL, EVIL, 1, EVIL)], versions={EVIL: EVIL},
            history={**classes.history, EVIL: [1.0, 2.0]},
        )
    )  # fmt: skip
    assert not page.of("img")
    assert page.said.count(EVIL) >= 20


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1), (4, 4, 3)])
def test_mistaken_pictures_are_shown(classes: Contents, shape: tuple[int, ...]):
    x = np.random.default_rng(0).integers(0, 255, (4, *shape)).astype(np.uint8)
    kernel = np.random.default_rng(0).normal(size=(int(np.prod(shape)), 70))
    page = read(replace(classes, x=x, kernel=kernel, predict=lambda x: classes.outputs))
    (image,) = page.of("img")
    assert str(image["src"]).startswith("data:image/png;base64,")
    assert image["alt"] == "Test sample 2, a 0, taken for a 1."
    assert "60.0 % sure, row 2" in page.said
    assert "The 64 units of the largest weights among 70 of the first layer" in page.said


def test_no_mistake_is_said(classes: Contents):
    metrics = {**classes.metrics, "accuracy": 1.0, "confusion_matrix": [[2, 0], [0, 2]]}
    page = read(replace(classes, y=classes.outputs.argmax(axis=1), metrics=metrics))
    assert "None: every test sample was given its own class." in page.said
    assert "4 of 4 held-out samples: 100 %" in page.said


def test_a_hundred_classes_fit(classes: Contents):
    C = 100
    row = {"precision": 0.5, "recall": 0.5, "support": 3}
    rows = [{"class": c, "f1": 1 - c / C, **row} for c in range(C)]
    metrics = {**classes.metrics, "confusion_matrix": (np.eye(C, dtype=int) * 3).tolist(), "per_class": rows}
    metrics["samples"] = 300
    p = np.full((4, C), 1 / C)
    page = read(replace(classes, classes=C, metrics=metrics, outputs=p, predict=lambda x: np.full((len(x), C), 1 / C)))
    assert "The 20 classes of the lowest F₁, of 100; all are in metrics.json" in page.said
    classes_told = page.text.partition("The 20 classes")[2].partition("</table>")[0]
    assert re.findall(r'<th scope="row">(\d+)</th>', classes_told) == [str(c) for c in range(99, 79, -1)]


def test_several_numbers_at_once(numbers: Contents):
    y = np.arange(12.0).reshape(4, 3)
    off = y + np.array([[0, 0, 0], [0, -3, 1], [0, 0, 0], [0, 0, 0]])
    page = read(replace(numbers, x=np.zeros((4, 9), "float32"), y=y, outputs=off, kernel=np.ones((9, 3))))
    assert "1 4 1 3 0 0 0 0 0 0 0 0 …" in page.said
    assert len(page.of("svg")) == 4  # loss, mae, prediction over truth, weights
