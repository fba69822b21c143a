"""Pictures: read as Keras reads them, and folders of them from `train` to `predict`."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pellucid.actions import apply
from pellucid.actions.report import report
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.cli.app import app
from pellucid.config import set_floatx
from pellucid.data.picture_folders import read_pictures
from pellucid.data.pictures import pixels
from pellucid.errors import DataError, FileError, InvalidArgument, PellucidError, ShapeError
from pellucid.utils import array_to_img, image_dataset_from_directory, img_to_array, load_img

RNG = np.random.default_rng(0)


def draw(folder: Path, n: int = 20, size: tuple[int, int] = (8, 6), mode: str = "L") -> None:
    """Bars that stand and bars that lie."""
    for name in ("lying", "standing"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            x = RNG.integers(0, 60, size)
            x[(slice(None), i % size[1]) if name == "standing" else i % size[0]] = 250
            Image.fromarray(x.astype(np.uint8)).convert(mode).save(folder / name / f"{i:02}.png")


def said(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_from_a_folder_to_predictions():
    draw(Path("bars"), 40)
    events: list = []
    finished = train(TrainSpec(data="bars", epochs=40, layers=[32]), out=Path("run"), on_event=events.append)
    assert finished.metrics["accuracy"] > 0.9
    assert [row["class"] for row in finished.metrics["per_class"]] == ["lying", "standing"]
    assert events[0].data.remarks == ("They are read in grey.",)
    assert apply.evaluate(Path("run"), None)["loss"] == finished.metrics["loss"]
    assert apply.evaluate(Path("run"), "./bars")["samples"] == 16  # its own, of which it was trained on the others
    shutil.copytree("bars", "others")
    assert apply.evaluate(Path("run"), "others")["samples"] == 80
    assert report(Path("run")).exists()
    told = said("predict", "run", "bars/lying/03.png").splitlines()
    assert told[0] == "row,class,probability_lying,probability_standing"
    assert told[1].startswith("bars/lying/03.png,lying,")
    said("predict", "run/model.keras", "./bars", "--out", "p.csv")
    lines = Path("p.csv").read_text().splitlines()
    assert len(lines) == 81
    assert np.mean([line.split("/")[1] == line.split(",")[1] for line in lines[1:]]) > 0.9


def test_the_command_says_what_it_reads():
    draw(Path("bars"), 8, (100, 50), "RGB")
    told = said("train", "bars", "--epochs", "1", "--quiet", "--layers", "4")
    assert "Pictures: The pictures are brought to 64 × 32 pixels." in told
    assert "Pictures: They are read in colour." in told


def test_the_doctor_examines_a_folder_before_training():
    draw(Path("bars"), 8)
    told = CliRunner().invoke(app, ["doctor", "bars", "--no-experiments", "--json"], catch_exceptions=False)
    assert told.exit_code in (0, 1)
    assert "findings" in json.loads(told.stdout)
    Path("bars/lying").rename("lying")  # no class is left beside the other: nor is it a run
    with pytest.raises(DataError, match="a folder of pictures for each class"):
        CliRunner().invoke(app, ["doctor", "bars"], catch_exceptions=False)
    Path("nothing").mkdir()
    with pytest.raises(FileError, match=r"a folder with spec\.toml"):
        CliRunner().invoke(app, ["doctor", "nothing"], catch_exceptions=False)


def test_folders_for_the_parts():
    for part, n in (("train", 10), ("val", 3), ("test", 4)):
        draw(Path("three") / part, n)
    parts = read_pictures(Path("three")).parts
    assert {part: len(x) for part, (x, _) in parts.items()} == {"train": 20, "val": 6, "test": 8}
    events: list = []
    train(TrainSpec(data="three", epochs=1, layers=[4]), out=Path("run"), on_event=events.append)
    data = events[0].data
    assert (len(data.x_train), len(data.validation[0]), len(data.x_test)) == (20, 6, 8)
    draw(Path("two/train"), 10)
    draw(Path("two/validation"), 3)
    found = read_pictures(Path("two"))
    assert found.remarks[-1] == "What is in validation is kept for the test; a part of the others is watched."
    draw(Path("odd/train"), 2)
    draw(Path("odd/val"), 2)
    Path("odd/val/lying").rename("odd/val/leaning")
    with pytest.raises(DataError, match="the same classes in each part, got leaning in one without pictures"):
        read_pictures(Path("odd"))


def test_what_cannot_be_read_is_named():
    draw(Path("bars"), 3)
    Path("bars/lying/00.png").write_bytes(Path("bars/lying/00.png").read_bytes()[:60])
    with pytest.raises(FileError, match=r"reading bars/lying/00\.png: expected a picture, got a damaged"):
        read_pictures(Path("bars"))
    Path("bars/lying/00.png").write_text("no picture")
    with pytest.raises(FileError, match="Take it out, or get it again"):
        load_img("bars/lying/00.png")
    with pytest.raises(FileError, match="No such file"):
        load_img("absent.png")
    Path("empty/one").mkdir(parents=True)
    with pytest.raises(DataError, match="a folder of pictures for each class, such as cat and dog, got 1 folders"):
        read_pictures(Path("empty"))
    Path("empty/two").mkdir()
    with pytest.raises(FileError, match=r"expected pictures \(\.bmp, .*\), got none"):
        read_pictures(Path("empty"))


def test_what_the_system_hides_is_no_picture():
    draw(Path("bars"), 3)
    Path("bars/lying/._00.png").write_bytes(b"what macOS puts beside 00.png")
    Path("bars/lying/.trash").mkdir()
    shutil.copy("bars/lying/00.png", "bars/lying/.trash/00.png")
    assert len(read_pictures(Path("bars")).parts["all"][0]) == 6


def test_what_the_system_hides_is_in_no_batch():
    draw(Path("bars"), n=3)
    for place in ("lying/._00.png", "lying/.thumbs/1.png", "__MACOSX/lying/._00.png", "standing/__MACOSX/._1.png"):
        Path("bars", place).parent.mkdir(parents=True, exist_ok=True)
        Path("bars", place).write_bytes(b"not a picture")
    for labels, names in (("inferred", ["lying", "standing"]), (None, None)):
        found = image_dataset_from_directory("bars", labels=labels, image_size=(8, 6), shuffle=False)
        assert found.class_names == names
        assert [Path(path).name for path in found.file_paths] == ["00.png", "01.png", "02.png"] * 2
        assert len(found[0][0] if labels else found[0]) == 6
    assert len(read_pictures(Path("bars")).parts["all"][0]) == 6


def test_a_class_without_a_picture_to_train_on_is_named():
    draw(Path("bars"), 1)
    for i in range(2):
        Image.new("L", (6, 8)).save(f"bars/lying/more{i}.png")
    with pytest.raises(DataError, match=r"expected pictures of each class to train on, got only such .* standing\."):
        train(TrainSpec(data="bars", epochs=1, seed=0), out=Path("run"))
    with pytest.raises(FileError, match=r"reading bars/none\.png: .* got no such file"):
        apply.predict(train(TrainSpec(data="bars", epochs=1, seed=4), out=Path("run")).run.path, "bars/none.png")


def test_a_small_file_that_claims_to_be_huge_is_refused(monkeypatch: pytest.MonkeyPatch):
    Image.new("L", (100, 100)).save("bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 9000)
    with pytest.raises(FileError, match="DecompressionBomb"):
        load_img("bomb.png")


def test_every_way_to_keep_a_picture():
    x = RNG.integers(0, 255, (6, 5, 3)).astype(np.uint8)
    grey = np.asarray(Image.fromarray(x).convert("L"))
    for name, image in (
        ("rgb.png", Image.fromarray(x)), ("rgb.bmp", Image.fromarray(x)), ("rgb.webp", Image.fromarray(x)),
        ("rgba.png", Image.fromarray(x).convert("RGBA")), ("rgb.tif", Image.fromarray(x)),
    ):  # fmt: skip
        image.save(name, **({"lossless": True} if name.endswith("webp") else {}))
        np.testing.assert_array_equal(pixels(Path(name), (6, 5, 3)), x)
        np.testing.assert_array_equal(pixels(Path(name), (6, 5)), grey)
    Image.fromarray(grey.astype(np.uint16) * 257).save("deep.png")
    np.testing.assert_array_equal(pixels(Path("deep.png"), (6, 5)), grey)
    np.testing.assert_array_equal(pixels(Path("deep.png"), (6, 5, 3)), np.stack([grey] * 3, axis=-1))
    for factor in (1, 257):
        Image.fromarray(grey.astype(np.int32) * factor).save("wide.tif")
        np.testing.assert_array_equal(pixels(Path("wide.tif"), (6, 5)), grey)
    lying = Image.fromarray(x)
    lying.getexif()[0x0112] = 6  # turned by a quarter
    lying.save("turned.png", exif=lying.getexif())
    np.testing.assert_array_equal(pixels(Path("turned.png"), (5, 6, 3)), np.rot90(x, -1))


def test_as_in_keras():
    """Values of Keras 3.15: `load_img`, `img_to_array` and `array_to_img` of the same picture."""
    x = np.arange(36).reshape(3, 4, 3).astype(np.uint8) * 7
    file = io.BytesIO()
    Image.fromarray(x).save(file, "PNG")
    near = img_to_array(load_img(file, target_size=(2, 2)))
    assert near.dtype == np.float32
    np.testing.assert_array_equal(near[:, :, 0], [[21, 63], [189, 231]])
    cut = img_to_array(load_img(file, "grayscale", (2, 2), "bilinear", keep_aspect_ratio=True), "channels_first")
    np.testing.assert_array_equal(cut, [[[46, 75], [151, 180]]])
    image = array_to_img(np.array([[[0.5], [1.0]], [[2.0], [0.0]]]))
    np.testing.assert_array_equal(np.asarray(image), [[63, 127], [255, 0]])
    assert image.mode == "L"
    assert array_to_img(np.zeros((4, 2, 3)), "channels_last").size == (2, 4)
    with pytest.raises(ShapeError, match="1, 3 or 4 channels"):
        array_to_img(np.zeros((2, 2, 5)))
    with pytest.raises(ShapeError, match="at least one pixel"):
        array_to_img(np.zeros((0, 2, 3)))
    with pytest.raises(InvalidArgument, match="one of nearest, bilinear"):
        load_img(file, target_size=(2, 2), interpolation="best")
    with pytest.raises(InvalidArgument, match="channels_last or channels_first"):
        img_to_array(image, "last")


def test_a_folder_as_batches(capsys: pytest.CaptureFixture[str]):
    draw(Path("bars"), 5)
    whole = image_dataset_from_directory("bars", batch_size=4, image_size=(8, 6), shuffle=False, color_mode="grayscale")
    assert capsys.readouterr().out == "Found 10 files belonging to 2 classes.\n"
    assert whole.class_names == ["lying", "standing"]
    assert [x.shape for x, _ in whole] == [(4, 8, 6, 1), (4, 8, 6, 1), (2, 8, 6, 1)]
    np.testing.assert_array_equal(np.concatenate([y for _, y in whole]), [0] * 5 + [1] * 5)
    for file, x in zip(whole.file_paths, np.concatenate([x for x, _ in whole]), strict=True):
        np.testing.assert_array_equal(x[:, :, 0], np.asarray(Image.open(file)))
    both = image_dataset_from_directory(
        "bars", label_mode="categorical", seed=1, validation_split=0.25, subset="both", verbose=False
    )
    assert [len(part.file_paths) for part in both] == [8, 2]
    assert sorted(both[0].file_paths + both[1].file_paths) == sorted(whole.file_paths)
    for part in both:
        for file, y in zip(part.file_paths, part.labels, strict=True):
            np.testing.assert_array_equal(y, [1, 0] if "lying" in file else [0, 1])
    first = both[0][0][1]
    both[0].on_epoch_end()
    assert sorted(map(tuple, first)) == sorted(map(tuple, both[0][0][1]))
    binary = image_dataset_from_directory("bars", label_mode="binary", class_names=["standing", "lying"], verbose=False)
    assert {(file.split("/")[1], float(y[0])) for file, y in zip(binary.file_paths, binary.labels, strict=True)} == {
        ("standing", 0.0), ("lying", 1.0),
    }  # fmt: skip
    alone = image_dataset_from_directory("bars", labels=None, batch_size=None, image_size=9, verbose=False)
    assert alone[3].shape == (9, 9, 3)
    with pytest.raises(InvalidArgument, match="where parts of shuffled files are wanted"):
        image_dataset_from_directory("bars", validation_split=0.2, subset="training")
    some = image_dataset_from_directory("bars", class_names=["standing"], verbose=False)
    assert (some.class_names, set(some.labels.tolist()), len(some.file_paths)) == (["standing"], {0}, 5)
    with pytest.raises(InvalidArgument, match="some of the folders lying, standing"):
        image_dataset_from_directory("bars", class_names=["a"])


def test_a_folder_as_keras_puts_black_around_its_pictures():
    """Values of Keras 3.15's `ops.image.resize(..., pad_to_aspect_ratio=True)`, which its function calls."""
    Path("one").mkdir()
    Image.fromarray(np.arange(36).reshape(3, 4, 3).astype(np.uint8) * 7).save("one/a.png")
    wanted = {
        (6, 3): [[0, 0, 0], [0, 0, 0], [0, 42, 63], [168, 210, 231], [0, 0, 0], [0, 0, 0]],
        (3, 9): [[0, 0, 0, 21, 42, 42, 63, 0, 0], [0, 0, 84, 105, 126, 126, 147, 0, 0],
                 [0, 0, 168, 189, 210, 210, 231, 0, 0]],
        (4, 4): [[0, 21, 42, 63], [84, 105, 126, 147], [84, 105, 126, 147], [168, 189, 210, 231]],
    }  # fmt: skip
    options = {"labels": None, "interpolation": "nearest", "pad_to_aspect_ratio": True, "verbose": False}
    for size, values in wanted.items():
        last = image_dataset_from_directory("one", image_size=size, **options)[0]
        first = image_dataset_from_directory("one", image_size=size, data_format="channels_first", **options)[0]
        np.testing.assert_array_equal(last[0, :, :, 0], values)
        np.testing.assert_array_equal(first, last.transpose(0, 3, 1, 2))


def test_keras_s_arguments_for_a_folder(capsys: pytest.CaptureFixture[str]):
    draw(Path("bars"), 2)
    draw(Path("elsewhere"), 1)
    os.symlink(Path("elsewhere").resolve(), "bars/lying/more")
    counts = [
        len(image_dataset_from_directory("bars", follow_links=follow, format="grain").file_paths)
        for follow in (False, True)
    ]
    assert counts == [4, 6]
    numbered = image_dataset_from_directory("bars", labels=[2, 0, 2, 2], shuffle=False, label_mode="categorical")
    assert numbered.class_names == ["0", "2"]
    np.testing.assert_array_equal(numbered.labels[:2], [[0, 0, 1], [1, 0, 0]])
    none = image_dataset_from_directory("bars", label_mode=None)
    assert none.class_names is None
    assert none[0].shape == (4, 256, 256, 3)
    assert capsys.readouterr().out.splitlines()[-1] == "Found 4 files."
    for area in ("area", "Lanczos3"):
        assert image_dataset_from_directory("bars", interpolation=area, image_size=4)[0][0].shape == (4, 4, 4, 3)
    for wrong, said in (
        ({"interpolation": "gaussian"}, "interpolation: expected one of"), ({"format": "torch"}, "format"),
        ({"data_format": "last"}, "data_format"), ({"image_size": "big"}, "image_size"), ({"batch_size": 0}, "batch"),
        ({"image_size": (8, 8, 3)}, r"\(height, width\)"), ({"labels": "folders"}, "labels"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "as crop_to_aspect_ratio is True"),
        ({"labels": [0, 1, 0, 0.5]}, "whole numbers from 0 on"), ({"labels": ["a", "b", "a", "b"]}, "labels"),
        ({"labels": None, "class_names": ["lying"]}, "unless labels are 'inferred'"),
        ({"class_names": ["lying", "lying"]}, "some of the folders"),
    ):  # fmt: skip
        with pytest.raises(PellucidError, match=said):
            image_dataset_from_directory("bars", **wrong)


def test_arrays_of_pictures_have_the_dtype_that_is_set():
    image = Image.new("L", (2, 2))
    set_floatx("float64")
    try:
        assert img_to_array(image).dtype == np.float64
    finally:
        set_floatx("float32")
