"""The two file formats of Keras 3, as bytes: `.keras` (a zip of two JSON files and one HDF5 file) and `.weights.h5`.

Here a model's weights are a tree of arrays, {"layers/dense/vars/0": kernel, ...}; what the paths mean is `saving.py`.
Reading runs nothing that the file brings: JSON and numbers are all that is taken, links out of the file are refused.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import FileError, InvalidArgument, Told
from ..files import allowed, reading, write_whole

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MAGIC_ZIP, MAGIC_HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
LARGEST_RATIO = 200  # of what unpacks to what is packed; real weights hardly shrink, a bomb a thousandfold
LARGEST_JSON = 20_000_000  # bytes; no real model's config comes near
DEEPEST = 200  # groups within each other; a model in a model takes two
AGAIN = "It was cut short or altered: save again."

HALVES = ("float16", "bfloat16")  # kept as such in files, computed in float32 here

Tree = Mapping[str, Array]


def write_archive(path: Path, config: Any, metadata: Any, tree: Tree, groups: Mapping[str, str]) -> None:
    """Write a `.keras` file, whole or not at all. The same model gives the same bytes."""
    members = {METADATA: json.dumps(metadata).encode(), CONFIG: _config(config), WEIGHTS: hdf5_bytes(tree, groups)}

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name), content)  # ZipInfo's date is fixed: no clock in the file

    write_whole(path, write)


def _config(config: Any) -> bytes:
    """The config as JSON that can be read back."""
    try:
        found = json.dumps(config, allow_nan=False).encode()
    except ValueError:
        raise InvalidArgument("save, the config", "finite numbers", Told("an infinite one, or NaN")) from None
    if len(found) > LARGEST_JSON:
        raise InvalidArgument(
            "save, the config", f"under {LARGEST_JSON:,} bytes", Told(f"{len(found):,}"),
            "Make large arrays that an op holds weights of a layer: add_weight(trainable=False).",
        )  # fmt: skip
    return found


def read_archive(path: Path) -> tuple[Any, Any, dict[str, Array]]:
    """(config, metadata, weights) of a `.keras` file, all of it in float32 at least."""
    where = f"loading {path}"
    content = _bytes_of(path)
    if not content.startswith(MAGIC_ZIP):
        fix = "Read it with models.from_onnx, and save what that gives." if path.suffix.lower() == ".onnx" else ""
        raise FileError(where, "a .keras file (a zip)", Told(_what_it_is(content)), fix)
    with reading(where, "a whole .keras file", AGAIN), zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in (CONFIG, METADATA, WEIGHTS):
            if name not in archive.namelist():
                raise FileError(
                    where, f"a .keras file with {CONFIG}, {METADATA} and {WEIGHTS}", Told(f"a zip without {name}")
                )
        if max(archive.getinfo(name).file_size for name in (CONFIG, METADATA)) > LARGEST_JSON:
            raise FileError(where, f"a config under {LARGEST_JSON:,} bytes", Told("a larger one"))
        config, metadata = in_float32(json.loads(archive.read(CONFIG))), json.loads(archive.read(METADATA))
        most = LARGEST_RATIO * len(content)
        if archive.getinfo(WEIGHTS).file_size > most:
            raise FileError(where, f"weights that unpack to {LARGEST_RATIO} times their size at most", Told("more"))
        weights = archive.read(WEIGHTS)
    return config, metadata, read_hdf5(weights, f"{where}, {WEIGHTS}", most)


def read_asset(path: Path, name: str) -> str | None:
    """The text of another file in a `.keras` file; None where it has none of that name."""
    where = f"loading {path}, {name}"
    with reading(where, "text in UTF-8", AGAIN), zipfile.ZipFile(path) as archive:
        if name not in archive.namelist():
            return None
        if archive.getinfo(name).file_size > LARGEST_JSON:
            raise FileError(where, f"text under {LARGEST_JSON:,} bytes", Told("more"))
        return archive.read(name).decode()


def write_weights(path: Path, tree: Tree, groups: Mapping[str, str]) -> None:
    """Write a `.weights.h5` file, whole or not at all."""
    content = hdf5_bytes(tree, groups)
    write_whole(path, lambda file: file.write(content))


def read_weights(path: Path) -> dict[str, Array]:
    """The weights of a `.weights.h5` file, or of a `.keras` file."""
    content = _bytes_of(path)
    return read_archive(path)[2] if content.startswith(MAGIC_ZIP) else read_hdf5(content, f"loading {path}")


def hdf5_bytes(tree: Tree, groups: Mapping[str, str]) -> bytes:
    """The tree as HDF5; `groups` are the `vars` groups, each with the name Keras writes on it."""
    import h5py  # here, so that `import pellucid` does not wait for it

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, name in groups.items():
            file.require_group(path).attrs["name"] = name
        for path, array in tree.items():
            file.create_dataset(path, data=array)
    return buffer.getvalue()


def read_hdf5(content: bytes, where: str, most: int | None = None) -> dict[str, Array]:
    """The tree in an HDF5 file; its arrays may have `most` bytes together."""
    if not content.startswith(MAGIC_HDF5):
        raise FileError(where, "an HDF5 file", Told(_what_it_is(content)))
    import h5py

    tree: dict[str, Array] = {}
    with reading(where, "a whole HDF5 file", AGAIN), h5py.File(io.BytesIO(content), "r") as file:
        room = LARGEST_RATIO * len(content) if most is None else most
        for path, member in _datasets(file, "", where, {h5py.h5o.get_info(file["/"].id).addr}):
            room -= member.nbytes
            if room < 0:
                raise FileError(where, "arrays that the file can hold", Told(f"{member.nbytes:,} bytes at {path!r}"))
            if member.dtype.kind in "biuf":
                tree[path] = np.asarray(member[()])
            elif member.attrs.get("dtype") == "bfloat16" and member.dtype.itemsize == 2:
                tree[path] = _from_bfloat16(np.asarray(member[()]))
    return tree


def _datasets(group: Any, prefix: str, where: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """(path, dataset) of all that lies in a group, each object once: two paths to one would let a small file unfold
    without end."""
    import h5py

    for name in group:
        path = f"{prefix}{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise FileError(where, "arrays inside the file", Told(f"a link at {path!r}"))
        member = group[name]
        address = h5py.h5o.get_info(member.id).addr
        if address in seen:
            raise FileError(where, "each array under one path", Told(f"a second path to one at {path!r}"))
        seen.add(address)
        if path.count("/") > DEEPEST:
            raise FileError(where, f"{DEEPEST} groups within each other at most", Told("more"))
        if isinstance(member, h5py.Group):
            yield from _datasets(member, f"{path}/", where, seen)
        elif not isinstance(member, h5py.Dataset):
            raise FileError(where, "groups and arrays", Told(f"a {type(member).__name__} at {path!r}"))
        elif member.external or member.is_virtual:
            raise FileError(where, "arrays inside the file", Told(f"an array kept elsewhere at {path!r}"))
        else:
            yield path, member


def _from_bfloat16(words: Array) -> Array:
    """Keras's bare words of bfloat16, the upper halves of float32, as float32."""
    wide: Array = words.view("uint16").astype("uint32") << np.uint32(16)
    return wide.view("float32")


def in_float32(config: Any) -> Any:
    """A saved config with float32 in the place of dtypes of half precision, mixed ones among them."""
    if isinstance(config, list):
        return [in_float32(value) for value in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy" and isinstance(config.get("config"), dict):
        return {**config, "config": {**config["config"], "name": _full(config["config"].get("name"))}}
    return {key: _full(value) if key == "dtype" else in_float32(value) for key, value in config.items()}


def _full(dtype: Any) -> Any:
    return "float32" if isinstance(dtype, str) and dtype.removeprefix("mixed_") in HALVES else in_float32(dtype)


def _bytes_of(path: Path) -> bytes:
    with allowed(f"loading {path}", "a readable file", "" if os.path.exists(path) else "Check the path."):
        return path.read_bytes()


def _what_it_is(content: bytes) -> str:
    if not content:
        return "an empty file"
    if content.startswith(MAGIC_HDF5):
        return "an HDF5 file (Keras 2's .h5 models are not supported: save as .keras with Keras 3)"
    if content.startswith(b"PK"):
        return "a zip that is damaged or empty"
    return f"a file that begins with {content[:4]!r}"


def as_path(filepath: str | os.PathLike[str], suffix: str | tuple[str, ...], where: str) -> Path:
    """The path, whose name must end as the format's does, or one of the formats'."""
    path = Path(checks.path(f"{where}, argument filepath", filepath))
    if not path.name.endswith(suffix):
        endings = suffix if isinstance(suffix, str) else " or ".join(suffix)
        raise FileError(where, f"a path that ends in {endings}", str(path))
    return path
